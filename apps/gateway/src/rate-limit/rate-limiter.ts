import { payloadTooLarge, tooManyRequests } from '@herald/contracts';
import { Inject, Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Caller } from '../auth/caller.js';
import type { GatewayEnv } from '../gateway.env.js';
import { namespaceOf } from '../http/correlation.js';
import { LocalWindows } from './local-windows.js';
import { type Quota, quotas, secondsOf, type Taken } from './quota.js';
import { SharedWindows } from './shared-windows.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** For how many requests a body counts; for one unless the route says so. */
    costOf?: (body: unknown) => number;
  }
  interface FastifyRequest {
    /** Whether it was counted. */
    counted?: boolean;
  }
}

/**
 * Limits of a caller (contracts README, "Rate limits"): the same windows on every gateway. While Redis is away each
 * gateway counts on by itself from what it last heard: nobody is refused or kept waiting for it.
 */
@Injectable()
export class RateLimiter implements OnModuleInit, OnApplicationShutdown {
  private readonly logger = new Logger('rate-limit');
  private readonly shared: SharedWindows;
  private readonly local = new LocalWindows();
  private isAlone = false;

  constructor(@Inject('GATEWAY_ENV') private readonly settings: GatewayEnv) {
    this.shared = new SharedWindows(settings.REDIS_URL, settings.QUEUE_NAMESPACE);
  }

  async onModuleInit(): Promise<void> {
    await this.shared.isReady(2000);
  }

  onApplicationShutdown(): void {
    this.shared.close();
  }

  /**
   * Counts a request whose caller is known, before its body is read. One whose body tells for how many it counts is
   * counted then, unless there is nothing left already.
   * @throws Refusal 429 when nothing is left
   */
  async admit(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    if (!request.routeOptions.config.costOf) return this.count(request, reply, 1);
    const limits = this.limitsOf(request.caller as Caller);
    const known = this.local.look(nameOf(request.caller as Caller), limits, 1);
    if (!known.admitted) refuse(reply, limits, known, 1);
  }

  /** @throws Refusal 429 when too little is left for its body, 413 when there never is enough */
  async admitBody(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const { costOf } = request.routeOptions.config;
    if (costOf) await this.count(request, reply, costOf(request.body));
  }

  /** Counts what was refused before its body was read, for one. It is too late to refuse it for that; the next one is. */
  async noteRefused(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    if (request.caller && !request.counted) await this.count(request, reply, 1).catch(() => undefined);
  }

  private async count(request: FastifyRequest, reply: FastifyReply, cost: number): Promise<void> {
    request.counted = true;
    const caller = request.caller as Caller;
    const limits = this.limitsOf(caller);
    if (limits.length === 0) return;
    const tooSmall = limits.find(({ limit }) => cost > limit);
    const taken = await this.take(nameOf(caller), limits, tooSmall ? 1 : cost);
    if (!taken.admitted) refuse(reply, limits, taken, cost);
    tell(reply, limits, taken);
    if (tooSmall) {
      const { limit, seconds } = tooSmall;
      throw payloadTooLarge(`${cost} messages at once are more than the ${limit} that may be sent in ${seconds} s`);
    }
  }

  private async take(caller: string, limits: Quota[], cost: number): Promise<Taken> {
    // A window only fills up until it is over: who had no room has none.
    const known = this.local.look(caller, limits, cost);
    if (!known.admitted) return known;
    try {
      const taken = await this.shared.take(caller, limits, cost);
      this.noteAlone(false);
      this.local.note(caller, limits, taken.standings);
      return taken;
    } catch (error) {
      this.noteAlone(true, error);
      return this.local.take(caller, limits, cost);
    }
  }

  private noteAlone(isAlone: boolean, err?: unknown): void {
    if (isAlone === this.isAlone) return;
    this.isAlone = isAlone;
    if (isAlone) this.logger.warn({ message: 'Requests are counted by this gateway alone', err });
    else this.logger.warn('Requests are counted by all gateways together again');
  }

  private limitsOf(caller: Caller): Quota[] {
    const { LIMIT_PER_MINUTE, LIMIT_PER_HOUR, JWT_LIMIT_PER_MINUTE, JWT_LIMIT_PER_HOUR } = this.settings;
    if (caller.kind !== 'credential') return quotas(JWT_LIMIT_PER_MINUTE, JWT_LIMIT_PER_HOUR);
    return quotas(caller.limitPerMinute ?? LIMIT_PER_MINUTE, caller.limitPerHour ?? LIMIT_PER_HOUR);
  }
}

const nameOf = (caller: Caller) => (caller.kind === 'credential' ? caller.credentialId : namespaceOf(caller));

/** RateLimit header fields for HTTP (IETF draft): what is allowed, what is left of it, and when it is whole again. */
function tell(reply: FastifyReply, limits: Quota[], { standings }: Taken): void {
  const policies = limits.map(({ name, limit, seconds }) => `"${name}";q=${limit};w=${seconds}`);
  const left = limits.map(({ name, limit }, index) => {
    const { spent = 0, msLeft = 0 } = standings[index] ?? {};
    return `"${name}";r=${Math.max(0, limit - spent)};t=${secondsOf(msLeft)}`;
  });
  void reply.header('RateLimit-Policy', policies.join(', ')).header('RateLimit', left.join(', '));
}

function refuse(reply: FastifyReply, limits: Quota[], taken: Taken, cost: number): never {
  tell(reply, limits, taken);
  const waits = taken.standings.filter(({ spent }, index) => spent + cost > (limits[index] as Quota).limit);
  throw tooManyRequests('Rate limit exceeded', secondsOf(Math.max(...waits.map(({ msLeft }) => msLeft))));
}
