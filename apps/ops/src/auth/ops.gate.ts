import { createHash } from 'node:crypto';
import { networkOfClient } from '@herald/bootstrap';
import { forbidden, tooManyRequests, unauthorized } from '@herald/contracts';
import { isGeneratedId } from '@herald/queue';
import { type CanActivate, type ExecutionContext, Inject, Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyRequest } from 'fastify';
import { LRUCache } from 'lru-cache';
import { CONTRACTS } from '../known-names.js';
import { LOG_IN, refuse } from '../refuse.js';
import { LoginAttempts } from './login-attempts.js';
import { type OpsUser, OpsUsers, TooManyLogins } from './ops-users.js';
import { Sessions } from './sessions.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** The authenticated user; undefined on an open route. */
    opsUser?: OpsUser;
    /** True when the request has passed the gate. */
    authorized?: boolean;
  }
}

/** The login of a program is verified once in this time, because hashing is slow. */
const KNOWN_FOR_MS = 60_000;
/** One more than the longest name of a user. */
const MAX_NAME_LENGTH = 101;
/** Enough for a name and a password of one kilobyte each, in base64. */
const MAX_BASIC_LENGTH = 3000;
const QUEUES = new Set(CONTRACTS.map(({ queue }) => queue));
const SAFE_METHODS = new Set(['GET', 'HEAD']);

/**
 * Checks every request before its body is read. A route is closed unless it is marked `@Open()`. People have a session;
 * programs send their name and password with each request. Viewers and pages of other sites cannot change anything.
 */
@Injectable()
export class OpsGate implements CanActivate, OnModuleInit {
  private readonly logger = new Logger(OpsGate.name);
  private readonly failed = new LoginAttempts();
  private readonly known = new LRUCache<string, OpsUser>({ max: 100, ttl: KNOWN_FOR_MS });

  constructor(
    @Inject(OpsUsers) private readonly users: OpsUsers,
    private readonly sessions: Sessions,
    private readonly adapterHost: HttpAdapterHost<FastifyAdapter>,
  ) {}

  onModuleInit(): void {
    const server = this.adapterHost.httpAdapter.getInstance();
    server.decorateRequest('opsUser', undefined);
    server.decorateRequest('authorized', false);
    // Errors are handled here, because the boards have an error handler of their own.
    server.addHook('onRequest', async (request, reply) => {
      try {
        await this.authorize(request);
      } catch (error) {
        return refuse(error, request, reply);
      }
    });
  }

  /** Refuses a request that has not passed the gate, as the global guard. */
  canActivate(context: ExecutionContext): boolean {
    if (!context.switchToHttp().getRequest<FastifyRequest>().authorized) throw unauthorized();
    return true;
  }

  /**
   * Returns the user with this name and password.
   * @throws Refusal 401 when there is none; 429 after too many failures
   */
  async login(request: FastifyRequest, givenName: string, password: string): Promise<OpsUser> {
    const name = givenName.slice(0, MAX_NAME_LENGTH);
    const address = networkOfClient(request);
    const tooMany = this.failed.begin(name, address);
    if (tooMany) {
      const { of, retryAfterSeconds } = tooMany;
      throw tooManyRequests(
        `Too many failed logins ${of}: try again in ${inWords(retryAfterSeconds)}`,
        retryAfterSeconds,
      );
    }
    const user = await this.users.verify(name, password).catch((error: unknown) => {
      this.failed.cancel(name, address);
      if (error instanceof TooManyLogins) throw tooManyRequests('Too many logins at once', 1);
      throw error;
    });
    if (!user) throw unauthorized('Wrong name or password');
    this.failed.succeeded(name, address);
    return user;
  }

  private async authorize(request: FastifyRequest): Promise<void> {
    const changes = !SAFE_METHODS.has(request.method);
    if (changes) refuseOtherSites(request);
    if (!request.routeOptions.config.open) {
      const user = await this.identify(request);
      if (changes && user.role !== 'admin') throw forbidden('Only admins may make changes');
      request.opsUser = user;
      if (changes) this.logger.warn(`${user.name} sent ${request.method} ${pathOf(request)}`);
    }
    request.authorized = true;
  }

  private async identify(request: FastifyRequest): Promise<OpsUser> {
    const user = (await this.sessions.userOf(request)) ?? (await this.basicUserOf(request));
    if (!user) throw unauthorized(LOG_IN);
    return user;
  }

  private async basicUserOf(request: FastifyRequest): Promise<OpsUser | undefined> {
    const encoded = /^Basic +([\w+/=-]+)$/i.exec(request.headers.authorization ?? '')?.[1];
    if (!encoded || encoded.length > MAX_BASIC_LENGTH) return undefined;
    const fingerprint = createHash('sha256').update(encoded).digest('base64');
    const known = this.known.get(fingerprint);
    if (known) return known;
    const [, name = '', password = ''] = /^([^:]*):(.*)$/s.exec(Buffer.from(encoded, 'base64').toString()) ?? [];
    const user = await this.login(request, name, password);
    this.known.set(fingerprint, user);
    return user;
  }
}

/**
 * Refuses changes that a page of another site sends. A browser adds the session and the Basic login to requests of any
 * page, but it also states the origin. Programs other than browsers state none.
 * @throws Refusal 403
 */
function refuseOtherSites({ headers, host, protocol }: FastifyRequest): void {
  const { origin, 'sec-fetch-site': site } = headers;
  const otherSite = site !== undefined && site !== 'same-origin';
  const otherOrigin = origin !== undefined && !isOrigin(origin, host, protocol);
  // An old browser states neither, and still sends the session.
  const unknownOrigin = site === undefined && origin === undefined && headers.cookie !== undefined;
  if (otherSite || otherOrigin || unknownOrigin) throw forbidden('The request did not come from a page of ops');
}

/** An untrusted proxy may accept https and forward http to this service, but not the other way round. */
function isOrigin(origin: string, host: string, protocol: string): boolean {
  if (!URL.canParse(origin)) return false;
  const url = new URL(origin);
  return url.host === host && (protocol === 'http' || url.protocol === 'https:');
}

/** Returns the path for the log. A producer's own job id may contain content, so the parameter's name replaces it. */
function pathOf({ routeOptions, params }: FastifyRequest): string {
  const given = params as Record<string, string>;
  return (routeOptions.url ?? '?').replaceAll(/:(\w+)/g, (parameter, name: string) => {
    const value = given[name] ?? '';
    return isGeneratedId(value) || QUEUES.has(value) ? value : parameter;
  });
}

function inWords(seconds: number): string {
  const minutes = Math.ceil(seconds / 60);
  return minutes === 1 ? 'a minute' : `${minutes} minutes`;
}
