import { decodedPathOf } from '@herald/bootstrap';
import { badRequest } from '@herald/contracts';
import { bodyHash } from '@herald/database';
import type { FastifyRequest } from 'fastify';
import { v5 } from 'uuid';
import { type Caller, namespaceOf } from '../access/caller.js';

/** 1 to 255 visible ASCII characters (contracts README, "Idempotency"). */
const KEY = /^[\x21-\x7e]{1,255}$/;

/** Returns the normalised path: ids may be in either case, any character percent-encoded, with a slash at the end. */
const concretePathOf = ({ url }: FastifyRequest) => decodedPathOf(url).replace(/\/+$/, '').toLowerCase();

/** The key of a request. All attempts of a caller with the same method, path and key have the same ids. */
export class IdempotencyKey {
  readonly id: string;
  private knownHash?: Buffer;

  private constructor(
    private readonly name: string,
    private readonly namespace: string,
    private readonly body: unknown,
  ) {
    this.id = v5(name, namespace);
  }

  /**
   * Returns the key of a request, or undefined without one.
   * @throws Refusal 400 when it is malformed
   */
  static of(request: FastifyRequest & { caller: Caller }): IdempotencyKey | undefined {
    const header = request.headers['idempotency-key'];
    if (header === undefined) return undefined;
    const key = String(header).replace(/^"(.*)"$/, '$1');
    if (!KEY.test(key)) throw badRequest('Idempotency-Key must be 1 to 255 visible ASCII characters');
    const name = `${request.method} ${concretePathOf(request)} ${key}`;
    return new IdempotencyKey(name, namespaceOf(request.caller), request.body);
  }

  /** Returns the id of one message of a batch. */
  idAt(index: number): string {
    return v5(`${this.name} ${index}`, this.namespace);
  }

  /** The hash of the body. A request that is refused never needs it. */
  get hash(): Buffer {
    return (this.knownHash ??= bodyHash(this.body));
  }
}
