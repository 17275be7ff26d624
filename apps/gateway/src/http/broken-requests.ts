import { randomUUID } from 'node:crypto';
import { type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { RefusalData } from '@herald/contracts';
import { errorEnvelope, type Failed } from './error-envelope.js';
import type { InFlight } from './in-flight.js';
import { UNKNOWN_CODING } from './request-heads.js';
import { SECURITY_HEADERS } from './security-headers.js';

/** What Node's parser gives up on. */
const UNREADABLE: Record<string, RefusalData> = {
  ERR_HTTP_REQUEST_TIMEOUT: { status: 408, message: 'The request took too long to arrive' },
  HPE_HEADER_OVERFLOW: { status: 431, message: 'The head of the request is too large' },
  HPE_INVALID_TRANSFER_ENCODING: UNKNOWN_CODING,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: { status: 413, message: 'The body is too large' },
};
const NOT_HTTP: RefusalData = { status: 400, message: 'The request is not valid HTTP' };
const NO_TUNNEL: RefusalData = { status: 405, message: 'CONNECT is not served' };
const NO_EXPECTATION: RefusalData = { status: 417, message: 'Of expectations, only 100-continue is met' };

/** The request line, as far as it came; what the parser choked on may begin elsewhere. */
const REQUEST_LINE = /^[A-Z]{1,20} ((?:https?:\/\/[^\s/?#]{1,300})?\/\S{0,2000})/i;

function answerOf(data: RefusalData, failed: Failed) {
  const { type, body } = errorEnvelope(data, failed);
  const json = JSON.stringify(body);
  const length = Buffer.byteLength(json);
  // Nothing further is read on the connection: what follows cannot be told from the rest of the request.
  const own = { connection: 'close', 'x-request-id': failed.requestId, 'content-type': type, 'content-length': length };
  return { headers: { ...SECURITY_HEADERS, ...own }, json };
}

const failedOf = ({ url = '', headers: { accept } }: Pick<IncomingMessage, 'url' | 'headers'>): Failed => ({
  url,
  requestId: randomUUID(),
  accept,
});

/** Answers on the connection itself, without a server's response, and closes it. */
function close(socket: Duplex, data: RefusalData, failed: Failed, more: Record<string, string> = {}): void {
  const { headers, json } = answerOf(data, failed);
  const lines = Object.entries({ ...headers, ...more }).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${data.status} ${STATUS_CODES[data.status]}\r\n${lines.join('')}\r\n${json}`, () =>
    socket.destroy(),
  );
}

/** Keeps from Fastify what Node still parses of a connection that was closed: nobody would read the answers. */
export function ignoreClosed(server: Server): void {
  for (const handle of server.listeners('request') as ((
    request: IncomingMessage,
    response: ServerResponse,
  ) => void)[]) {
    server.off('request', handle);
    server.on('request', (request, response) => {
      if (!request.socket.destroyed) handle(request, response);
    });
  }
}

/** Requests that Node ends before Fastify sees them, or while their bodies arrive. */
export function answerUnreadable(
  { code, rawPacket }: { code: string; rawPacket?: unknown },
  socket: Socket,
  inFlight: InFlight,
): void {
  const reply = inFlight.on(socket);
  if (code === 'ECONNRESET' || !socket.writable || reply?.raw.headersSent) return void socket.destroy();
  const head = Buffer.isBuffer(rawPacket) ? rawPacket.toString('latin1', 0, 2048) : '';
  const [, url = ''] = REQUEST_LINE.exec(head) ?? [];
  const failed = reply
    ? { url: reply.request.url, requestId: reply.request.id, accept: reply.request.headers.accept }
    : { url, requestId: randomUUID() };
  close(socket, UNREADABLE[code] ?? NOT_HTTP, failed);
}

/** What Node would answer by itself, without a body or not at all. */
export function answerForNode(server: Server): void {
  server.on('connect', (request, socket) => {
    close(socket, NO_TUNNEL, failedOf(request), { Allow: 'GET, HEAD, POST, PATCH, DELETE' });
  });
  server.on('checkExpectation', (request: IncomingMessage, response: ServerResponse) => {
    const { headers, json } = answerOf(NO_EXPECTATION, failedOf(request));
    response.writeHead(NO_EXPECTATION.status, headers).end(json);
  });
}
