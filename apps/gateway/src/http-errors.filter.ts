import { Refusal, type RefusalData } from '@herald/contracts';
import { isOutage } from '@herald/database';
import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException, Inject, Logger } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AccessGate } from './auth/access.gate.js';
import type { GatewayEnv } from './gateway.env.js';
import { errorEnvelope } from './http/error-envelope.js';
import { RateLimiter } from './rate-limit/rate-limiter.js';

/** How long a client had better wait before it tries again. */
const RETRY_AFTER_SECONDS = 2;

/** What clients are told of an error; of a fault of ours, nothing but that it is one. */
function refusalOf(error: unknown): RefusalData {
  if (error instanceof Refusal) return error.data;
  const status = error instanceof HttpException ? error.getStatus() : (error as { statusCode?: unknown }).statusCode;
  if (typeof status === 'number' && status >= 400 && status < 500) {
    return { status, message: CLIENT_MESSAGES[status] ?? (error as Error).message };
  }
  // Asked last: a client that hangs up while its body arrives has a code like that of a server that does.
  if (isOutage(error)) return { status: 503, message: 'The database is away; try again' };
  return { status: 500, message: 'Internal server error' };
}

/** A client's mistake with status 500, told from a fault by its name (contracts README, "Refusals of merchant answers"). */
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
  private readonly followed = new Map<string, number>();

  constructor(
    private readonly gate: AccessGate,
    private readonly rateLimiter: RateLimiter,
    @Inject('GATEWAY_ENV') private readonly settings: GatewayEnv,
  ) {}

  async catch(error: unknown, host: ArgumentsHost): Promise<void> {
    const request = host.switchToHttp().getRequest<FastifyRequest>();
    const response = host.switchToHttp().getResponse<FastifyReply>();
    let data = refusalOf(await this.forCaller(error, request));
    await this.rateLimiter.noteRefused(request, response);
    if (isClientFault(data)) {
      request.isClientMistake = true;
      data = this.invalid(data);
    } else if (data.status >= 500) this.report(error, data, request, response);
    const { retryAfterSeconds = data.status === 503 || data.status === 504 ? RETRY_AFTER_SECONDS : undefined } = data;
    if (retryAfterSeconds !== undefined) void response.header('Retry-After', String(retryAfterSeconds));
    if (data.status === 401) void response.header('WWW-Authenticate', 'Bearer');
    const { url, id: requestId, headers } = request;
    const { type, body } = errorEnvelope(data, { url, requestId, accept: headers.accept });
    await response.status(data.status).type(type).send(body);
  }

  /** What the router passes over (`OPTIONS *`, a path that cannot be decoded) never came by the gate: strangers get 401. */
  private async forCaller(error: unknown, request: FastifyRequest): Promise<unknown> {
    if (request.admitted || !(error instanceof HttpException)) return error;
    return this.gate.identify(request).then(
      () => error,
      (refusal: unknown) => refusal,
    );
  }

  /** As the gateway is set: the documented status of merchant answers, or the one that other APIs have for it. */
  private invalid(data: RefusalData): RefusalData {
    const { MERCHANT_VALIDATION_STATUS: status } = this.settings;
    return status === data.status ? data : { ...data, status, error: undefined };
  }

  /** What the error itself says may quote rows and bodies; what clients are told quotes nothing. */
  private report(err: unknown, data: RefusalData, request: FastifyRequest, response: FastifyReply): void {
    const where = `${request.method} ${request.routeOptions.url ?? '?'}`;
    const about = { requestId: request.id, correlationId: response.getHeader('x-correlation-id'), err };
    if (data.status === 500) this.logger.error({ message: `${where}: ${data.message}`, ...about });
    else this.warnOfOutage(`${data.status} ${data.message}`, where, about);
  }

  /** An outage makes the same error over and over: the first is told, and after a second how many followed. */
  private warnOfOutage(trouble: string, where: string, about: object): void {
    const before = this.followed.get(trouble);
    this.followed.set(trouble, before === undefined ? 0 : before + 1);
    if (before !== undefined) return;
    this.logger.warn({ message: `${where}: ${trouble}`, ...about });
    setTimeout(() => {
      const more = this.followed.get(trouble);
      this.followed.delete(trouble);
      if (more) this.logger.warn(`${trouble}: ${more} more within a second`);
    }, 1000).unref();
  }
}
