import type { FieldError, RefusedMessage } from './error-envelope.js';

/** A refusal as sent in a reply. */
export interface RefusalData {
  status: number;
  message: string;
  error?: string;
  errors?: FieldError[];
  /** Only for a batch without a valid message: the refusal of each. */
  results?: RefusedMessage[];
  /** Time after which a client may try again. */
  retryAfterSeconds?: number;
}

/**
 * An expected outcome other than success. Handlers throw it in any process, a queue's reply carries it as
 * `RefusalData`, and only the gateway's error filter turns it into a status and a body. Nothing was changed.
 */
export class Refusal extends Error {
  constructor(readonly data: RefusalData) {
    super(data.message);
    this.name = 'Refusal';
  }

  get status(): number {
    return this.data.status;
  }
}

/** A fault that a retry would repeat, so the job is given up immediately. */
export class PermanentFault extends Error {}

export const badRequest = (message: string, errors?: FieldError[]) => new Refusal({ status: 400, message, errors });
export const unauthorized = (message = 'Invalid or missing credentials') => new Refusal({ status: 401, message });
export const forbidden = (message: string) => new Refusal({ status: 403, message });
export const notFound = (message = 'Not found') => new Refusal({ status: 404, message });
export const methodNotAllowed = (method: string) =>
  new Refusal({ status: 405, message: `${method} is not served here` });
const KEY_REUSED = 'This Idempotency-Key was used with another body';
/** Refuses a request whose Idempotency-Key, and so its correlationId, belongs to a request with another body. */
export const keyReused = () => new Refusal({ status: 422, message: KEY_REUSED });
export const isKeyReused = (error: unknown): boolean => error instanceof Refusal && error.message === KEY_REUSED;
export const payloadTooLarge = (message: string) => new Refusal({ status: 413, message });
export const tooManyRequests = (message: string, retryAfterSeconds: number) =>
  new Refusal({ status: 429, message, retryAfterSeconds });
export const unavailable = (message: string) => new Refusal({ status: 503, message });
export const gatewayTimeout = (message: string) => new Refusal({ status: 504, message });
