import { networkOfClient } from '@herald/bootstrap';
import { Refusal, unauthorized } from '@herald/contracts';
import { type CanActivate, type ExecutionContext, Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';
import { AuthGuard } from '@nestjs/passport';
import type { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { decodeJwt } from 'jose';
import { LRUCache } from 'lru-cache';
import { FailedLogins } from './failed-logins.js';
import { RateLimiter } from './rate-limiter.js';
import type { GatewayEnv } from '../gateway.env.js';
import { type Access, kindsOf } from './access.decorators.js';
import { type Caller, lacksScope } from './caller.js';
import { CredentialStore, KNOWN_FOR_MS } from './credential.store.js';
import { KnownSecrets } from './known-secrets.js';
import { wrongCredential } from './wrong-credential.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** The authenticated caller; undefined on an open route. */
    caller?: Caller;
    /** True once the gate has let the request pass. */
    passedGate?: boolean;
  }
}

const MAX_VERIFIED_JWTS = 10_000;
const RECENT_MS = 600_000;

/** Calls passport's strategy; everything it rejects becomes the same 401. */
class JwtGuard extends AuthGuard('jwt') {
  override handleRequest<User>(error: unknown, user: User | false, reason: unknown): User {
    const refusal = [error, reason].find((each) => each instanceof Refusal);
    if (refusal || !user) throw refusal ?? unauthorized();
    return user;
  }
}

/**
 * Checks every request once, before its body is read. Unauthenticated requests get 401 and nothing else, whatever they
 * ask for. A route without an access decorator is closed. Decides by the route that the router found, never by the
 * path.
 */
@Injectable()
export class AccessGate implements CanActivate, OnModuleInit {
  private readonly jwtGuard = new JwtGuard();
  /** Callers of recently verified JWTs: verification takes longer than everything else in this class. */
  private readonly verified = new LRUCache<string, Caller>({ max: MAX_VERIFIED_JWTS });
  /** JWTs that were valid recently: their senders do not count against their network, though each is verified again. */
  private readonly recent = new LRUCache<string, true>({ max: MAX_VERIFIED_JWTS, ttl: RECENT_MS });

  constructor(
    private readonly credentials: CredentialStore,
    private readonly secrets: KnownSecrets,
    private readonly rateLimiter: RateLimiter,
    private readonly failedLogins: FailedLogins,
    private readonly adapterHost: HttpAdapterHost<FastifyAdapter>,
    @Inject('GATEWAY_ENV') private readonly settings: GatewayEnv,
  ) {}

  onModuleInit(): void {
    const server = this.adapterHost.httpAdapter.getInstance();
    server.decorateRequest('caller', undefined);
    server.decorateRequest('passedGate', false);
    server.decorateRequest('counted', false);
    server.addHook('onRequest', (request, reply) => this.authenticate(request, reply));
  }

  /** The global guard. Refuses what has not passed the gate, and counts bodies that cost more than one request. */
  async canActivate(context: ExecutionContext): Promise<boolean> {
    const http = context.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    if (!request.passedGate) throw unauthorized();
    await this.rateLimiter.consumeBody(request, http.getResponse<FastifyReply>());
    return true;
  }

  /** @throws Refusal 401 without a credential of the right kind, 429 above its rate limit, 403 without the scope */
  private async authenticate(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const { open, access } = request.hasRoute ? request.routeOptions.config : {};
    if (!open) {
      // Any authenticated caller may learn that a path does not exist.
      const caller = request.hasRoute ? await this.identifyFor(access, request) : await this.identify(request);
      request.caller = caller;
      request.slot?.countAgainstCaller(caller);
      await this.rateLimiter.consume(request, reply);
      refuseWithoutScope(caller, access);
      const reads = request.method === 'GET' || request.method === 'HEAD';
      if (reads && !(await request.server.inFlight.awaitTurn(request))) return void reply.hijack();
    }
    request.passedGate = true;
  }

  /**
   * Returns the caller, who must be of the kind that the route requires. A route without an access decorator accepts
   * none.
   */
  private async identifyFor(access: Access | undefined, request: FastifyRequest): Promise<Caller> {
    try {
      const caller = await this.identify(request);
      if (admits(access, caller)) return caller;
    } catch (error) {
      if (!(error instanceof Refusal && error.status === 401)) throw error;
    }
    throw access ? wrongCredential(tokenOf(request), access, this.settings) : unauthorized();
  }

  /**
   * Returns the caller of a request.
   * @throws Refusal 401 without exactly one valid credential, 429 after too many failed logins, 503 when the caller
   *   cannot be determined
   */
  async identify(request: FastifyRequest): Promise<Caller> {
    const token = tokenOf(request);
    if (!token) throw unauthorized();
    return CredentialStore.isCredential(token) ? this.fromCredential(request, token) : this.fromJwt(request, token);
  }

  private async fromCredential(request: FastifyRequest, token: string): Promise<Caller> {
    const known = this.credentials.known(token);
    if (known) return known;
    const find = () => this.credentials.find(token);
    const isKnownSecret = () => this.secrets.has(CredentialStore.hashOf(token));
    // Recently valid secrets are looked up even when others from the same address fail.
    const caller = await (this.credentials.wasValid(token)
      ? find()
      : this.failedLogins.attempt(countAgainstNetwork(request), find, isKnownSecret));
    if (!caller) throw unauthorized();
    return caller;
  }

  private async fromJwt(request: FastifyRequest, token: string): Promise<Caller> {
    if (request.headers['x-api-key'] !== undefined) throw unauthorized();
    const known = this.verified.get(token);
    if (known) return known;
    const passed = request as FastifyRequest & { user: Caller };
    // Read now: after the connection has closed, its address is gone.
    const network = this.recent.has(token) ? networkOfClient(request) : countAgainstNetwork(request);
    try {
      // Nest creates a context only after the body was read, and this must happen before.
      await this.jwtGuard.canActivate(new ExecutionContextHost([passed, {}]));
    } catch (error) {
      if (error instanceof Refusal && error.status === 401) this.failedLogins.note(network);
      throw error;
    }
    const leftMs = (decodeJwt(token).exp ?? 0) * 1000 - Date.now();
    if (leftMs >= 1) this.verified.set(token, passed.user, { ttl: Math.min(KNOWN_FOR_MS, leftMs) });
    this.recent.set(token, true);
    return passed.user;
  }
}

/** Returns whether a route is for callers of this kind, whatever their scopes are. */
function admits(access: Access | undefined, { kind }: Caller): boolean {
  return access !== undefined && kindsOf(access).includes(kind);
}

/** @throws Refusal 403 when the route asks for a scope that the caller lacks */
function refuseWithoutScope(caller: Caller, access: Access | undefined): void {
  if (access?.kind !== 'credential' || caller.kind === 'merchant') return;
  if (caller.kind === 'person' && access.people === 'for their own') return;
  if (!caller.scopes.includes(access.scope)) throw lacksScope(access.scope);
}

/**
 * Returns the network that a request comes from, and counts the request against it until the caller is known.
 * @throws Refusal 503 when too many unauthenticated requests from there are in progress
 */
function countAgainstNetwork(request: FastifyRequest): string {
  const network = networkOfClient(request);
  request.slot?.countAgainstAddress(network);
  return network;
}

/** Returns the token in a request's headers; undefined when there is none, or more than one. */
function tokenOf({ raw: { rawHeaders } }: FastifyRequest): string | undefined {
  // Node's parsed headers keep only the first of several Authorization headers.
  const tokens = new Set<string | undefined>();
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]?.toLowerCase();
    const value = rawHeaders[index + 1];
    if (name === 'x-api-key') tokens.add(value);
    else if (name === 'authorization') tokens.add(/^Bearer +(\S+)$/i.exec(value ?? '')?.[1]);
  }
  return tokens.size === 1 ? [...tokens][0] : undefined;
}
