import { createHash } from 'node:crypto';
import { networkOfClient } from '@herald/bootstrap';
import { forbidden, tooManyRequests, unauthorized } from '@herald/contracts';
import { isImpersonalId } from '@herald/queue';
import { type CanActivate, type ExecutionContext, Inject, Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyRequest } from 'fastify';
import { LRUCache } from 'lru-cache';
import { CONTRACTS } from '../known-names.js';
import { LOG_IN, refuse } from '../refuse.js';
import { FailedLogins } from './failed-logins.js';
import { type OpsUser, OpsUsers, TooManyLogins } from './ops-users.js';
import { Sessions } from './sessions.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who asks; nobody on a route that is open. */
    opsUser?: OpsUser;
    /** Whether it came by the gate. */
    admitted?: boolean;
  }
}

/** A program's login is verified once in this time: hashing is slow. */
const KNOWN_FOR_MS = 60_000;
/** One more than the name of a user may have. */
const MAX_NAME_LENGTH = 101;
/** A name and a password of a kilobyte each, in base64. */
const MAX_BASIC_LENGTH = 3000;
const QUEUES = new Set(CONTRACTS.map(({ queue }) => queue));
const SAFE_METHODS = new Set(['GET', 'HEAD']);

/**
 * Every request comes by here before its body is read. A route is closed unless it says otherwise. People have a session,
 * programs send their name and password with each request. Nothing is changed for a viewer, nor for another site's page.
 */
@Injectable()
export class OpsGate implements CanActivate, OnModuleInit {
  private readonly logger = new Logger(OpsGate.name);
  private readonly failed = new FailedLogins();
  private readonly known = new LRUCache<string, OpsUser>({ max: 100, ttl: KNOWN_FOR_MS });

  constructor(
    @Inject(OpsUsers) private readonly users: OpsUsers,
    private readonly sessions: Sessions,
    private readonly adapterHost: HttpAdapterHost<FastifyAdapter>,
  ) {}

  onModuleInit(): void {
    const server = this.adapterHost.httpAdapter.getInstance();
    server.decorateRequest('opsUser', undefined);
    server.decorateRequest('admitted', false);
    // Answered here: the boards have an error handler of their own.
    server.addHook('onRequest', async (request, reply) => {
      try {
        await this.admit(request);
      } catch (error) {
        return refuse(error, request, reply);
      }
    });
  }

  /** The global guard: what did not come by the gate is not answered. */
  canActivate(context: ExecutionContext): boolean {
    if (!context.switchToHttp().getRequest<FastifyRequest>().admitted) throw unauthorized();
    return true;
  }

  /**
   * Who has this name and password.
   * @throws Refusal 401 for nobody; 429 after too many failures
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
      this.failed.untried(name, address);
      if (error instanceof TooManyLogins) throw tooManyRequests('Too many logins at once', 1);
      throw error;
    });
    if (!user) throw unauthorized('Wrong name or password');
    this.failed.succeeded(name, address);
    return user;
  }

  private async admit(request: FastifyRequest): Promise<void> {
    const changes = !SAFE_METHODS.has(request.method);
    if (changes) refuseOtherSites(request);
    if (!request.routeOptions.config.open) {
      const user = await this.identify(request);
      if (changes && user.role !== 'admin') throw forbidden('Only admins may change anything');
      request.opsUser = user;
      if (changes) this.logger.warn(`${user.name} asked for ${request.method} ${pathOf(request)}`);
    }
    request.admitted = true;
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
 * A browser says where a request comes from, and sends its session and its Basic login with any: what changes something
 * must come from a page of ours, or from no page at all.
 * @throws Refusal 403
 */
function refuseOtherSites({ headers, host, protocol }: FastifyRequest): void {
  const { origin, 'sec-fetch-site': site } = headers;
  const foreign = site !== undefined && site !== 'same-origin';
  const elsewhere = origin !== undefined && !isOrigin(origin, host, protocol);
  // A browser too old to say so would send its session all the same.
  const unsaid = site === undefined && origin === undefined && headers.cookie !== undefined;
  if (foreign || elsewhere || unsaid) throw forbidden('This was not asked for by a page of ops');
}

/** A proxy that is not trusted may speak https where this service is spoken to by http, but not the other way round. */
function isOrigin(origin: string, host: string, protocol: string): boolean {
  if (!URL.canParse(origin)) return false;
  const url = new URL(origin);
  return url.host === host && (protocol === 'http' || url.protocol === 'https:');
}

/** The path as a log may keep it: a producer's own id of a job may be what a message says. */
function pathOf({ routeOptions, params }: FastifyRequest): string {
  const given = params as Record<string, string>;
  return (routeOptions.url ?? '?').replaceAll(/:(\w+)/g, (parameter, name: string) => {
    const value = given[name] ?? '';
    return isImpersonalId(value) || QUEUES.has(value) ? value : parameter;
  });
}

function inWords(seconds: number): string {
  const minutes = Math.ceil(seconds / 60);
  return minutes === 1 ? 'a minute' : `${minutes} minutes`;
}
