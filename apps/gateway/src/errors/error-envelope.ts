import { STATUS_CODES } from 'node:http';
import { decodedPathOf, pathOf } from '@herald/bootstrap';
import type { DetailedErrorEnvelope, ErrorEnvelope, Problem, RefusalData } from '@herald/contracts';
import { prefers } from './accept.js';

/** The facts about a request that failed; fewer when its head could not be read. */
export interface FailedRequest {
  url: string;
  requestId: string;
  accept?: string;
}

const NAMES: Record<number, string> = {
  400: 'ValidationError',
  408: 'RequestTimeout',
  413: 'PayloadTooLarge',
  500: 'InternalServerError',
  503: 'ServiceUnavailable',
  504: 'GatewayTimeout',
};

/** Returns the error name of a status (contracts README, "Errors"). */
export const nameOf = (status: number) => NAMES[status] ?? (STATUS_CODES[status] ?? 'Error').replaceAll(' ', '');

/** Matches routes whose errors repeat the message as `detail` (contracts README, "Errors"). */
const DETAILED = /^\/api\/v1\/notification(?![^/])/;
export const isDetailed = (url: string): boolean => DETAILED.test(decodedPathOf(url));

/** Returns the body of every error (contracts README, "Errors"), as RFC 9457 for clients that ask for it. */
export function errorEnvelope(
  data: RefusalData,
  { url, requestId, accept }: FailedRequest,
): { type: string; body: ErrorEnvelope | DetailedErrorEnvelope | Problem } {
  const path = pathOf(url);
  const facts = {
    error: data.error ?? nameOf(data.status),
    message: data.message,
    detail: isDetailed(url) ? data.message : undefined,
    statusCode: data.status,
    timestamp: new Date().toISOString(),
    path,
    requestId,
    errors: data.errors,
    results: data.results,
  };
  if (!prefers(accept, 'application/problem+json', 'application/json'))
    return { type: 'application/json; charset=utf-8', body: facts };
  return {
    type: 'application/problem+json',
    body: {
      type: 'about:blank',
      title: facts.error,
      status: data.status,
      ...facts,
      detail: data.message,
      instance: path,
    },
  };
}
