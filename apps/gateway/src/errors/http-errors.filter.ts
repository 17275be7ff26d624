import { Refusal, type RefusalData } from '@herald/contracts';
import { isOutage } from '@herald/database';
import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException, Inject, Logger } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AccessGate } from '../access/access.gate.js';
import { RateLimiter } from '../access/rate-limiter.js';
import type { GatewayEnv } from '../gateway.env.js';
import { errorEnvelope } from './error-envelope.js';

/** `Retry-After` of a 503 or 504 that has none of its own. */
const RETRY_AFTER_SECONDS = 2;

/** Returns the refusal that a client gets for an error. For an internal fault it reveals nothing else. */
function refusalOf(error: unknown): RefusalData {
  if (error instanceof Refusal) return error.data;
  const status = error instanceof HttpException ? error.getStatus() : (error as { statusCode?: unknown }).statusCode;
  if (typeof status === 'number' && status >= 400 && status < 500) {
    return { status, message: CLIENT_MESSAGES[status] ?? (error as Error).message };
  }
  // Checked last: a client that hangs up while its body arrives causes the same error code as an unreachable server.
  if (isOutage(error)) return { status: 503, message: 'The database is away; try again' };
  return { status: 500, message: 'Internal server error' };
}

/**
 * True for a client's mistake with status 500; its name distinguishes it from an internal fault (contracts README,
 * "Refusals of merchant answers").
 */
const isClientFault = ({ status, error }: RefusalData) => status === 500 && error === 'ValidationError';

const CLIENT_MESSAGES: Record<number, string> = {
  400: 'The body is not valid JSON',
  404: 'Not found',
  413: 'The body is too large',
  415: 'The body must be sent as application/json',
};

/** The only place where an error becomes a status and a body (contracts README, "Errors"). */
@Catch()
export class HttpErrorsFilter implements ExceptionFilter {
  private readonly logger = new Logger('http');
  private readonly repeats = new Map<string, number>();

  constructor(
    private readonly gate: AccessGate,
    private readonly rateLimiter: RateLimiter,
    @Inject('GATEWAY_ENV') private readonly settings: GatewayEnv,
  ) {}

  async catch(error: unknown, host: ArgumentsHost): Promise<void> {
    const request = host.switchToHttp().getRequest<FastifyRequest>();
    const response = host.switchToHttp().getResponse<FastifyReply>();
    let data = refusalOf(await this.authenticateFirst(error, request));
    await this.rateLimiter.countRefused(request, response);
    if (isClientFault(data)) {
      request.isClientMistake = true;
      data = this.withConfiguredStatus(data);
    } else if (data.status >= 500) this.report(error, data, request, response);
    const { retryAfterSeconds = data.status === 503 || data.status === 504 ? RETRY_AFTER_SECONDS : undefined } = data;
    if (retryAfterSeconds !== undefined) void response.header('Retry-After', String(retryAfterSeconds));
    if (data.status === 401) void response.header('WWW-Authenticate', 'Bearer');
    const { url, id: requestId, headers } = request;
    const { type, body } = errorEnvelope(data, { url, requestId, accept: headers.accept });
    await response.status(data.status).type(type).send(body);
  }

  /**
   * Authenticates requests that the router rejected before the gate ran (`OPTIONS *`, a path that cannot be decoded),
   * so that unauthenticated clients get 401.
   */
  private async authenticateFirst(error: unknown, request: FastifyRequest): Promise<unknown> {
    if (request.passedGate || !(error instanceof HttpException)) return error;
    return this.gate.identify(request).then(
      () => error,
      (refusal: unknown) => refusal,
    );
  }

  /**
   * Applies `MERCHANT_VALIDATION_STATUS`: the documented status of merchant answers, or the usual one of other APIs.
   */
  private withConfiguredStatus(data: RefusalData): RefusalData {
    const { MERCHANT_VALIDATION_STATUS: status } = this.settings;
    return status === data.status ? data : { ...data, status, error: undefined };
  }

  /** Logs the error, which may quote rows and bodies; the client's message quotes nothing. */
  private report(err: unknown, data: RefusalData, request: FastifyRequest, response: FastifyReply): void {
    const route = `${request.method} ${request.routeOptions.url ?? '?'}`;
    const details = { requestId: request.id, correlationId: response.getHeader('x-correlation-id'), err };
    if (data.status === 500) this.logger.error({ message: `${route}: ${data.message}`, ...details });
    else this.warnOfOutage(`${data.status} ${data.message}`, route, details);
  }

  /** Logs the first of many equal errors during an outage, and after a second how many followed. */
  private warnOfOutage(summary: string, route: string, details: object): void {
    const before = this.repeats.get(summary);
    this.repeats.set(summary, before === undefined ? 0 : before + 1);
    if (before !== undefined) return;
    this.logger.warn({ message: `${route}: ${summary}`, ...details });
    setTimeout(() => {
      const more = this.repeats.get(summary);
      this.repeats.delete(summary);
      if (more) this.logger.warn(`${summary}: ${more} more within a second`);
    }, 1000).unref();
  }
}
