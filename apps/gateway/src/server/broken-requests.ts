import { randomUUID } from 'node:crypto';
import { type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { RefusalData } from '@herald/contracts';
import { errorEnvelope, type FailedRequest } from '../errors/error-envelope.js';
import type { InFlight } from './in-flight.js';
import { UNKNOWN_CODING } from './request-heads.js';
import { SECURITY_HEADERS } from './security-headers.js';

/** Refusals for the errors of Node's parser. */
const UNREADABLE: Record<string, RefusalData> = {
  ERR_HTTP_REQUEST_TIMEOUT: { status: 408, message: 'The request took too long to arrive' },
  HPE_HEADER_OVERFLOW: { status: 431, message: 'The head of the request is too large' },
  HPE_INVALID_TRANSFER_ENCODING: UNKNOWN_CODING,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: { status: 413, message: 'The body is too large' },
};
const NOT_HTTP: RefusalData = { status: 400, message: 'The request is not valid HTTP' };
const NO_TUNNEL: RefusalData = { status: 405, message: 'CONNECT is not served' };
const NO_EXPECTATION: RefusalData = { status: 417, message: 'Of expectations, only 100-continue is met' };

/** Matches the request line, as far as it arrived. What the parser failed on may start elsewhere. */
const REQUEST_LINE = /^[A-Z]{1,20} ((?:https?:\/\/[^\s/?#]{1,300})?\/\S{0,2000})/i;

function responseOf(data: RefusalData, failed: FailedRequest) {
  const { type, body } = errorEnvelope(data, failed);
  const json = JSON.stringify(body);
  const length = Buffer.byteLength(json);
  // The connection is closed: what follows cannot be distinguished from the rest of the request.
  const own = { connection: 'close', 'x-request-id': failed.requestId, 'content-type': type, 'content-length': length };
  return { headers: { ...SECURITY_HEADERS, ...own }, json };
}

const failedRequestOf = ({
  url = '',
  headers: { accept },
}: Pick<IncomingMessage, 'url' | 'headers'>): FailedRequest => ({
  url,
  requestId: randomUUID(),
  accept,
});

/** Writes a response directly to the connection, without a ServerResponse, and closes it. */
function close(
  socket: Duplex,
  data: RefusalData,
  failed: FailedRequest,
  extraHeaders: Record<string, string> = {},
): void {
  const { headers, json } = responseOf(data, failed);
  const lines = Object.entries({ ...headers, ...extraHeaders }).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${data.status} ${STATUS_CODES[data.status]}\r\n${lines.join('')}\r\n${json}`, () =>
    socket.destroy(),
  );
}

/** Drops requests that Node still parses after their connection was closed: nothing would read the responses. */
export function ignoreClosed(server: Server): void {
  for (const listener of server.listeners('request') as ((
    request: IncomingMessage,
    response: ServerResponse,
  ) => void)[]) {
    server.off('request', listener);
    server.on('request', (request, response) => {
      if (!request.socket.destroyed) listener(request, response);
    });
  }
}

/** Responds to requests that Node rejects before Fastify sees them, or while their bodies arrive. */
export function rejectUnreadable(
  { code, rawPacket }: { code: string; rawPacket?: unknown },
  socket: Socket,
  inFlight: InFlight,
): void {
  const reply = inFlight.replyOn(socket);
  if (code === 'ECONNRESET' || !socket.writable || reply?.raw.headersSent) return void socket.destroy();
  const head = Buffer.isBuffer(rawPacket) ? rawPacket.toString('latin1', 0, 2048) : '';
  const [, url = ''] = REQUEST_LINE.exec(head) ?? [];
  const failed = reply
    ? { url: reply.request.url, requestId: reply.request.id, accept: reply.request.headers.accept }
    : { url, requestId: randomUUID() };
  close(socket, UNREADABLE[code] ?? NOT_HTTP, failed);
}

/** Handles CONNECT and unknown expectations, to which Node itself responds without a body or not at all. */
export function rejectUnsupported(server: Server): void {
  server.on('connect', (request, socket) => {
    close(socket, NO_TUNNEL, failedRequestOf(request), { Allow: 'GET, HEAD, POST, PATCH, DELETE' });
  });
  server.on('checkExpectation', (request: IncomingMessage, response: ServerResponse) => {
    const { headers, json } = responseOf(NO_EXPECTATION, failedRequestOf(request));
    response.writeHead(NO_EXPECTATION.status, headers).end(json);
  });
}
