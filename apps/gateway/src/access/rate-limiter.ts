import { payloadTooLarge, tooManyRequests } from '@herald/contracts';
import { Inject, Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Caller, namespaceOf } from './caller.js';
import type { GatewayEnv } from '../gateway.env.js';
import { LocalWindows } from './local-windows.js';
import { type Quota, quotas, secondsOf, type Taken } from './quota.js';
import { SharedWindows } from './shared-windows.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The number of requests that a body counts for; one unless the route says otherwise. */
    costOf?: (body: unknown) => number;
  }
  interface FastifyRequest {
    /** True once the request was counted. */
    counted?: boolean;
  }
}

/**
 * Enforces the limits of a caller (contracts README, "Rate limits"): the same windows on every gateway. While Redis is
 * unreachable each gateway counts alone from the last known standings, and no request is refused or delayed for that.
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
   * Counts a request once its caller is known, before its body is read. A request whose body determines its cost is
   * counted later, but refused now when nothing is left.
   * @throws Refusal 429 when nothing is left
   */
  async consume(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    if (!request.routeOptions.config.costOf) return this.count(request, reply, 1);
    const limits = this.limitsOf(request.caller as Caller);
    const known = this.local.peek(nameOf(request.caller as Caller), limits, 1);
    if (!known.allowed) refuse(reply, limits, known, 1);
  }

  /**
   * Counts a request by its body.
   * @throws Refusal 429 when too little is left for the body, 413 when it exceeds a whole limit
   */
  async consumeBody(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const { costOf } = request.routeOptions.config;
    if (costOf) await this.count(request, reply, costOf(request.body));
  }

  /** Counts a request that was refused before its body was read as one. It can only affect later requests. */
  async countRefused(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    if (request.caller && !request.counted) await this.count(request, reply, 1).catch(() => undefined);
  }

  private async count(request: FastifyRequest, reply: FastifyReply, cost: number): Promise<void> {
    request.counted = true;
    const caller = request.caller as Caller;
    const limits = this.limitsOf(caller);
    if (limits.length === 0) return;
    const tooSmall = limits.find(({ limit }) => cost > limit);
    const taken = await this.take(nameOf(caller), limits, tooSmall ? 1 : cost);
    if (!taken.allowed) refuse(reply, limits, taken, cost);
    setRateLimitHeaders(reply, limits, taken);
    if (tooSmall) {
      const { limit, seconds } = tooSmall;
      throw payloadTooLarge(`${cost} messages at once are more than the ${limit} that may be sent in ${seconds} s`);
    }
  }

  private async take(caller: string, limits: Quota[], cost: number): Promise<Taken> {
    // A window only fills up until it closes: a caller without room still has none.
    const known = this.local.peek(caller, limits, cost);
    if (!known.allowed) return known;
    try {
      const taken = await this.shared.take(caller, limits, cost);
      this.setAlone(false);
      this.local.store(caller, limits, taken.standings);
      return taken;
    } catch (error) {
      this.setAlone(true, error);
      return this.local.take(caller, limits, cost);
    }
  }

  private setAlone(isAlone: boolean, err?: unknown): void {
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

/**
 * Sets the RateLimit header fields (IETF draft): the limits, what is left, and the seconds until they are full again.
 */
function setRateLimitHeaders(reply: FastifyReply, limits: Quota[], { standings }: Taken): void {
  const policies = limits.map(({ name, limit, seconds }) => `"${name}";q=${limit};w=${seconds}`);
  const left = limits.map(({ name, limit }, index) => {
    const { spent = 0, msLeft = 0 } = standings[index] ?? {};
    return `"${name}";r=${Math.max(0, limit - spent)};t=${secondsOf(msLeft)}`;
  });
  void reply.header('RateLimit-Policy', policies.join(', ')).header('RateLimit', left.join(', '));
}

function refuse(reply: FastifyReply, limits: Quota[], taken: Taken, cost: number): never {
  setRateLimitHeaders(reply, limits, taken);
  const exhausted = taken.standings.filter(({ spent }, index) => spent + cost > (limits[index] as Quota).limit);
  throw tooManyRequests('Rate limit exceeded', secondsOf(Math.max(...exhausted.map(({ msLeft }) => msLeft))));
}
