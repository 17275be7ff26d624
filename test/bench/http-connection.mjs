import { connect } from 'node:net';

/**
 * One keep-alive HTTP/1.1 connection with one request in flight. The clients share two cores with what they
 * measure, so they write prepared bytes and read only status, length and body.
 */
export class HttpConnection {
  #socket;
  #received = '';
  #answered;
  #failed;

  static async open(url) {
    const { hostname, port } = new URL(url);
    const connection = new HttpConnection();
    await new Promise((resolve, reject) => {
      connection.#socket = connect({ host: hostname, port: Number(port), noDelay: true }, resolve);
      connection.#socket.once('error', reject);
    });
    connection.#socket.setEncoding('latin1');
    connection.#socket.on('data', (chunk) => connection.#read(chunk));
    connection.#socket.on('error', (error) => connection.#failed?.(error));
    connection.#socket.on('close', () => connection.#failed?.(new Error('the server closed the connection')));
    return connection;
  }

  /** Resolves to `{ status, body }`. */
  send(requestBytes) {
    return new Promise((resolve, reject) => {
      if (this.#socket.destroyed) return reject(new Error('the server closed the connection'));
      this.#answered = resolve;
      this.#failed = reject;
      this.#socket.write(requestBytes);
    });
  }

  close() {
    this.#failed = undefined;
    this.#socket.destroy();
  }

  #read(chunk) {
    this.#received += chunk;
    const headEnd = this.#received.indexOf('\r\n\r\n');
    if (headEnd < 0) return;
    const length = /\r\ncontent-length: *(\d+)/i.exec(this.#received.slice(0, headEnd));
    if (!length) return this.#failed?.(new Error('an answer without Content-Length'));
    const bodyEnd = headEnd + 4 + Number(length[1]);
    if (this.#received.length < bodyEnd) return;
    const status = Number(this.#received.slice(9, 12));
    const body = this.#received.slice(headEnd + 4, bodyEnd);
    this.#received = this.#received.slice(bodyEnd);
    this.#answered({ status, body });
  }
}

export function requestBytes({ url, token, body }) {
  const { host, pathname } = new URL(url);
  const json = JSON.stringify(body);
  return Buffer.from(
    `POST ${pathname} HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${token}\r\n` +
      `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(json)}\r\n\r\n${json}`,
  );
}
