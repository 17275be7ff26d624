import { STATUS_CODES } from 'node:http';
import { Refusal, type RefusalData } from '@herald/contracts';
import { isOutage } from '@herald/database';
import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException, Inject, Logger } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AccessGate } from './auth/access.gate.js';
import type { GatewayEnv } from './gateway.env.js';

/** How long a client had better wait before it tries again. */
const RETRY_AFTER_SECONDS = 2;

const NAMES: Record<number, string> = {
  400: 'ValidationError',
  413: 'PayloadTooLarge',
  500: 'InternalServerError',
  503: 'ServiceUnavailable',
  504: 'GatewayTimeout',
};

const nameOf = (status: number) => NAMES[status] ?? (STATUS_CODES[status] ?? 'Error').replaceAll(' ', '');

/** What clients are told of an error; of a fault of ours, nothing but that it is one. */
function refusalOf(error: unknown): RefusalData {
  if (error instanceof Refusal) return error.data;
  if (isOutage(error)) return { status: 503, message: 'The database is away; try again' };
  const status = error instanceof HttpException ? error.getStatus() : (error as { statusCode?: unknown }).statusCode;
  if (typeof status === 'number' && status >= 400 && status < 500) {
    return { status, message: CLIENT_MESSAGES[status] ?? (error as Error).message };
  }
  return { status: 500, message: 'Internal server error' };
}

/** Routes whose document calls the message `detail` (merchant-answers document, "Error Handling"). */
const DETAILED = /^\/api\/v1\/notification(?![^/?])/;

/** The merchant-answers document has 500 for what the client did wrong; the name tells it from a fault of ours. */
const isClientFault = ({ status, error }: RefusalData) => status === 500 && error === 'ValidationError';

const CLIENT_MESSAGES: Record<number, string> = {
  400: 'The body is not valid JSON',
  404: 'Not found',
  413: 'The body is too large',
  415: 'The body must be sent as application/json',
};

/** The only place where an error becomes a status and a body (contract, Error names). */
@Catch()
export class HttpErrorsFilter implements ExceptionFilter {
  private readonly logger = new Logger('http');

  constructor(
    private readonly gate: AccessGate,
    @Inject('GATEWAY_ENV') private readonly settings: GatewayEnv,
  ) {}

  async catch(error: unknown, host: ArgumentsHost): Promise<void> {
    const request = host.switchToHttp().getRequest<FastifyRequest>();
    const response = host.switchToHttp().getResponse<FastifyReply>();
    let data = refusalOf(await this.forCaller(error, request));
    if (isClientFault(data)) data = this.invalid(data);
    else if (data.status >= 500) this.report(error, data, request);
    if (data.status === 503 || data.status === 504) void response.header('Retry-After', String(RETRY_AFTER_SECONDS));
    if (data.status === 401) void response.header('WWW-Authenticate', 'Bearer');
    const [path] = request.url.split('?');
    const detail = DETAILED.test(request.url) ? data.message : undefined;
    const facts = {
      error: data.error ?? nameOf(data.status),
      message: data.message,
      detail,
      statusCode: data.status,
      timestamp: new Date().toISOString(),
      path,
      requestId: request.id,
      errors: data.errors,
    };
    if (!/application\/problem\+json/.test(request.headers.accept ?? '')) {
      await response.status(data.status).send(facts);
      return;
    }
    await response
      .status(data.status)
      .type('application/problem+json')
      .send({
        type: 'about:blank',
        title: facts.error,
        status: data.status,
        ...facts,
        detail: data.message,
        instance: path,
      });
  }

  /** What the router passes over (`OPTIONS *`, a path that cannot be decoded) never came by the gate: strangers get 401. */
  private async forCaller(error: unknown, request: FastifyRequest): Promise<unknown> {
    if (request.admitted || !(error instanceof HttpException)) return error;
    return this.gate.identify(request).then(
      () => error,
      (refusal: unknown) => refusal,
    );
  }

  /** As the gateway is set: the status of the merchant-answers document, or the one that other APIs have for it. */
  private invalid(data: RefusalData): RefusalData {
    const { MERCHANT_VALIDATION_STATUS: status } = this.settings;
    return status === data.status ? data : { ...data, status, error: undefined };
  }

  private report(error: unknown, data: RefusalData, request: FastifyRequest): void {
    const where = `${request.method} ${request.routeOptions.url ?? '?'} (request ${request.id})`;
    if (data.status === 500) this.logger.error(`${where}: ${(error as Error).message}`, (error as Error).stack);
    else this.logger.warn(`${where}: ${data.status} ${(error as Error).message}`);
  }
}
