import { constants, createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

const encode = (part: unknown) =>
  Buffer.from(typeof part === 'string' ? part : JSON.stringify(part)).toString('base64url');

/** Signs by hand what a library would refuse to sign; null: not at all. */
export type Signature = ((input: string) => Buffer) | null;

export const hmac =
  (secret: string | Buffer, hash = 'sha256'): Signature =>
  (input) =>
    createHmac(hash, secret).update(input).digest();

export const rsa =
  (key: KeyObject): Signature =>
  (input) =>
    sign('sha256', Buffer.from(input), key);

export const pss =
  (key: KeyObject): Signature =>
  (input) =>
    sign('sha256', Buffer.from(input), { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 });

export const ecdsa =
  (key: KeyObject): Signature =>
  (input) =>
    sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' });

/** A JWT of exactly these parts. */
export function jwtOf(header: object, claims: unknown, signature: Signature): string {
  const input = `${encode(header)}.${encode(claims)}`;
  return `${input}.${signature ? signature(input).toString('base64url') : ''}`;
}

/** A key pair of an issuer, and how it shows the public half. */
export function rsaKey(kid: string) {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const jwk = { ...publicKey.export({ format: 'jwk' }), kid, use: 'sig', alg: 'RS256' };
  return { kid, publicKey, privateKey, jwk, pem: publicKey.export({ format: 'pem', type: 'spki' }).toString() };
}

/** Somebody's JWKS, over HTTP: it shows `keys`, and can be made to hang or to go away. */
export class JwksServer {
  asked = 0;
  hangs = false;
  private server?: Server;
  private port = 0;

  constructor(public keys: object[]) {}

  async start(): Promise<void> {
    this.server = createServer((_, response) => this.show(response));
    this.server.listen(this.port, '127.0.0.1');
    await once(this.server, 'listening');
    this.port = (this.server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    if (!this.server?.listening) return;
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/jwks.json`;
  }

  private show(response: ServerResponse): void {
    this.asked++;
    if (!this.hangs) response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys: this.keys }));
  }
}
