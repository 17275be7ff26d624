import type { FieldError, RefusedMessage } from './error-envelope.js';

/** A refusal as it travels in a reply. */
export interface RefusalData {
  status: number;
  message: string;
  error?: string;
  errors?: FieldError[];
  /** Of a batch without a good message: why each was refused. */
  results?: RefusedMessage[];
  /** When a client may try again. */
  retryAfterSeconds?: number;
}

/**
 * An expected outcome that is not a success: thrown by a handler in any process, carried through a queue's reply as
 * `RefusalData`, turned into a status and a body by the gateway's error filter alone. Nothing was changed.
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

/** The job will fail the same way whenever it is tried: it is given up at once. */
export class PermanentFault extends Error {}

export const badRequest = (message: string, errors?: FieldError[]) => new Refusal({ status: 400, message, errors });
export const unauthorized = (message = 'Invalid or missing credentials') => new Refusal({ status: 401, message });
export const forbidden = (message: string) => new Refusal({ status: 403, message });
export const notFound = (message = 'Not found') => new Refusal({ status: 404, message });
export const methodNotAllowed = (method: string) =>
  new Refusal({ status: 405, message: `${method} is not served here` });
export const unprocessable = (message: string) => new Refusal({ status: 422, message });
export const payloadTooLarge = (message: string) => new Refusal({ status: 413, message });
export const tooManyRequests = (message: string, retryAfterSeconds: number) =>
  new Refusal({ status: 429, message, retryAfterSeconds });
export const unavailable = (message: string) => new Refusal({ status: 503, message });
export const gatewayTimeout = (message: string) => new Refusal({ status: 504, message });
