import { networkOfClient } from '@herald/bootstrap';
import { forbidden, Refusal, unauthorized } from '@herald/contracts';
import { type CanActivate, type ExecutionContext, Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';
import { AuthGuard } from '@nestjs/passport';
import type { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { decodeJwt } from 'jose';
import { LRUCache } from 'lru-cache';
import { FailedLogins } from '../rate-limit/failed-logins.js';
import { RateLimiter } from '../rate-limit/rate-limiter.js';
import type { GatewayEnv } from '../gateway.env.js';
import type { Access } from './access.decorators.js';
import type { Caller } from './caller.js';
import { CredentialStore, KNOWN_FOR_MS } from './credential.store.js';
import { KnownSecrets } from './known-secrets.js';
import { wrongCredential } from './wrong-credential.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who calls; nobody on a route that is open. */
    caller?: Caller;
    /** Whether it came by the gate. */
    admitted?: boolean;
  }
}

const MAX_HOLDERS = 10_000;
const RECENT_MS = 600_000;

/** Passport asks the strategy; whatever it dislikes is the same 401. */
class JwtGuard extends AuthGuard('jwt') {
  override handleRequest<User>(error: unknown, user: User | false, reason: unknown): User {
    const refusal = [error, reason].find((each) => each instanceof Refusal);
    if (refusal || !user) throw refusal ?? unauthorized();
    return user;
  }
}

/**
 * Every request comes by here once, before its body is read: strangers are told nothing but 401, whatever they send. A
 * route is closed unless it says who may enter. What is asked is the route that the router found, never the path.
 */
@Injectable()
export class AccessGate implements CanActivate, OnModuleInit {
  private readonly jwtGuard = new JwtGuard();
  /** Who holds a JWT that was verified a moment ago: verifying one takes longer than all else at this gate. */
  private readonly holders = new LRUCache<string, Caller>({ max: MAX_HOLDERS });
  /** JWTs that were good recently: their senders are no strangers, though each is verified again. */
  private readonly recent = new LRUCache<string, true>({ max: MAX_HOLDERS, ttl: RECENT_MS });

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
    server.decorateRequest('admitted', false);
    server.decorateRequest('counted', false);
    server.addHook('onRequest', (request, reply) => this.admit(request, reply));
  }

  /** The global guard: what did not come by the gate is not answered, and a body may cost more than a request. */
  async canActivate(context: ExecutionContext): Promise<boolean> {
    const http = context.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    if (!request.admitted) throw unauthorized();
    await this.rateLimiter.admitBody(request, http.getResponse<FastifyReply>());
    return true;
  }

  /** @throws Refusal 401 without a credential of the right kind, 429 when it came too often, 403 without the scope */
  private async admit(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const { open, access } = request.routeOptions.config;
    if (!open) {
      // Whoever is known anywhere may be told that there is no such path.
      const caller = request.is404 ? await this.identify(request) : await this.identifyFor(access, request);
      request.caller = caller;
      request.slot?.belongTo(caller);
      await this.rateLimiter.admit(request, reply);
      if (access?.kind === 'credential' && caller.kind === 'credential' && !caller.scopes.includes(access.scope)) {
        throw forbidden(`This credential lacks the scope ${access.scope}`);
      }
      const reads = request.method === 'GET' || request.method === 'HEAD';
      if (reads && !(await request.server.inFlight.awaitTurn(request))) return void reply.hijack();
    }
    request.admitted = true;
  }

  /** Who sends this request, of the kind that its route takes. A route that says nothing takes nobody. */
  private async identifyFor(access: Access | undefined, request: FastifyRequest): Promise<Caller> {
    try {
      const caller = await this.identify(request);
      if (caller.kind === access?.kind) return caller;
    } catch (error) {
      if (!(error instanceof Refusal && error.status === 401)) throw error;
    }
    throw access ? wrongCredential(tokenOf(request), access, this.settings) : unauthorized();
  }

  /**
   * Who sends this request.
   * @throws Refusal 401 without one valid credential, 429 when that was tried too often; 503 when it cannot be found out
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
    const isNoGuess = () => this.secrets.has(CredentialStore.hashOf(token));
    // Who was let in lately is looked up whatever their neighbours do.
    const caller = await (this.credentials.wasGood(token)
      ? find()
      : this.failedLogins.attempt(asStranger(request), find, isNoGuess));
    if (!caller) throw unauthorized();
    return caller;
  }

  private async fromJwt(request: FastifyRequest, token: string): Promise<Caller> {
    if (request.headers['x-api-key'] !== undefined) throw unauthorized();
    const known = this.holders.get(token);
    if (known) return known;
    const passed = request as FastifyRequest & { user: Caller };
    // Asked now: a connection that breaks meanwhile has no address any more.
    const network = this.recent.has(token) ? networkOfClient(request) : asStranger(request);
    try {
      // Nest makes a context when the body was read: strangers are refused before.
      await this.jwtGuard.canActivate(new ExecutionContextHost([passed, {}]));
    } catch (error) {
      if (error instanceof Refusal && error.status === 401) this.failedLogins.note(network);
      throw error;
    }
    const leftMs = (decodeJwt(token).exp ?? 0) * 1000 - Date.now();
    if (leftMs >= 1) this.holders.set(token, passed.user, { ttl: Math.min(KNOWN_FOR_MS, leftMs) });
    this.recent.set(token, true);
    return passed.user;
  }
}

/**
 * The network that a request comes from, against which it is held until it is known whose it is.
 * @throws Refusal 503 when too many strangers from there are in work
 */
function asStranger(request: FastifyRequest): string {
  const network = networkOfClient(request);
  request.slot?.belongToStranger(network);
  return network;
}

/** The token that a request carries in its headers; none when there is none, or more than one. */
function tokenOf({ raw: { rawHeaders } }: FastifyRequest): string | undefined {
  // Of a repeated Authorization header Node keeps the first alone.
  const tokens = new Set<string | undefined>();
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]?.toLowerCase();
    const value = rawHeaders[index + 1];
    if (name === 'x-api-key') tokens.add(value);
    else if (name === 'authorization') tokens.add(/^Bearer +(\S+)$/i.exec(value ?? '')?.[1]);
  }
  return tokens.size === 1 ? [...tokens][0] : undefined;
}
