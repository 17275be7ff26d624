import { connect } from 'node:net';
import { mustBeAsDescribed } from './checked-fetch.js';

export interface RawAnswer {
  status: number;
  /** Names in lower case. */
  headers: Record<string, string>;
  text: string;
  body: any;
}

/**
 * Sends bytes as they are, as no HTTP client would, and reads until the server closes the connection or an answer with a
 * Content-Length is complete. The answer must be as the OpenAPI document says.
 */
export function sendRaw(url: string, text: string, withinMs = 15_000): Promise<RawAnswer> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port) }, () => socket.write(text));
    let received = '';
    const timer = setTimeout(() => settle(new Error(`no answer within ${withinMs} ms, only: ${received}`)), withinMs);
    const settle = (answer: RawAnswer | Error) => {
      clearTimeout(timer);
      socket.destroy();
      if (answer instanceof Error) return reject(answer);
      try {
        mustBeAsDescribed({ ...whatWasAsked(url, text), ...answer, headers: new Headers(answer.headers) });
      } catch (fault) {
        return reject(fault as Error);
      }
      resolve(answer);
    };
    socket.setEncoding('utf8');
    socket.on('data', (chunk) => {
      received += chunk;
      const answer = answerIn(received);
      if (answer) settle(answer);
    });
    socket.on('error', (error) => settle(answerIn(received) ?? error));
    socket.on('close', () => settle(answerIn(received) ?? new Error(`closed after: ${received}`)));
  });
}

function answerIn(text: string): RawAnswer | undefined {
  const [head = '', json] = text.split('\r\n\r\n', 2);
  const [statusLine = '', ...lines] = head.split('\r\n');
  if (json === undefined) return undefined;
  const headers = Object.fromEntries(lines.map((line) => line.toLowerCase().split(': ', 2) as [string, string]));
  if (Buffer.byteLength(json) < Number(headers['content-length'] ?? 0)) return undefined;
  return { status: Number(statusLine.split(' ')[1]), headers, text: json, body: json ? JSON.parse(json) : undefined };
}

/** As far as it can be parsed; an invalid request line asks for nothing in the document. */
function whatWasAsked(url: string, text: string): { method: string; url: string } {
  const [, method = '', path = ''] = /^([A-Z]+) (?:https?:\/\/[^\s/?#]+)?(\/\S*)? HTTP/i.exec(text) ?? [];
  return { method, url: `${url}${path}` };
}
