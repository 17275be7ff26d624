import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { HeraldError } from '@herald/contracts';
import { Logger } from '@nestjs/common';
import { z } from 'zod';
import { suits } from './jwt.settings.js';

/** For the response and its whole body. */
const TIMEOUT_MS = 2000;
/** The issuer is asked at most this often, even while it does not respond. */
const FETCH_EVERY_MS = 2000;
const MAX_BYTES = 1024 * 1024;

/** A key as an issuer publishes it (RFC 7517); other properties are ignored. */
const PublishedKey = z.looseObject({
  kid: z.string().optional(),
  use: z.literal('sig').optional(),
  key_ops: z
    .array(z.string())
    .refine((operations) => operations.includes('verify'))
    .optional(),
  alg: z.string().optional(),
  /** A key published with its private part is no longer secret. */
  d: z.undefined().optional(),
});
const KeySet = z.object({ keys: z.array(z.unknown()).max(1000) });

interface IssuerKey {
  kid?: string;
  key: KeyObject;
}

/** The issuer's keys for one algorithm (JWKS), as last fetched. They stay valid while the issuer is unreachable. */
export class RemoteKeys {
  private readonly logger = new Logger('jwks');
  private readonly closing = new AbortController();
  private readonly timer: NodeJS.Timeout;
  private keys?: IssuerKey[];
  private fetchedAt = -Infinity;
  private fetching?: Promise<boolean>;
  private nextFetch?: Promise<boolean>;

  constructor(
    private readonly url: URL,
    private readonly algorithm: string,
    refreshMs: number,
  ) {
    this.timer = setInterval(() => void this.refresh(), refreshMs);
    void this.refresh();
  }

  /** True once the keys were fetched. */
  get isKnown(): boolean {
    return this.keys !== undefined;
  }

  /** Returns the keys with this id; several when the issuer published it twice. */
  namedBy(kid: string | undefined): KeyObject[] {
    return kid === undefined ? [] : this.keysOf(kid);
  }

  /**
   * Returns the keys that may have signed a token: those with its key id, otherwise those without an id, or the only
   * key.
   */
  candidates(kid: string | undefined): KeyObject[] {
    const named = this.namedBy(kid);
    if (named.length > 0) return named;
    const nameless = this.keysOf(undefined);
    const [only, another] = this.keys ?? [];
    return nameless.length === 0 && kid === undefined && only && !another ? [only.key] : nameless;
  }

  /** The fetch in progress, which resolves to whether it succeeded; undefined when there is none. */
  get currentFetch(): Promise<boolean> | undefined {
    return this.fetching;
  }

  /** Fetches the keys, once for all concurrent callers; resolves to false when the issuer does not respond. */
  refresh(): Promise<boolean> {
    this.nextFetch ??= this.fetchInTurn();
    return this.nextFetch;
  }

  close(): void {
    clearInterval(this.timer);
    this.closing.abort();
  }

  private keysOf(name: string | undefined): KeyObject[] {
    return (this.keys ?? []).flatMap(({ kid, key }) => (kid === name ? key : []));
  }

  private async fetchInTurn(): Promise<boolean> {
    const waitMs = Math.max(0, this.fetchedAt + FETCH_EVERY_MS - performance.now());
    await sleep(waitMs, undefined, { signal: this.closing.signal, ref: false }).catch(() => undefined);
    this.fetchedAt = performance.now();
    this.nextFetch = undefined;
    const fetching = this.fetchKeys();
    this.fetching = fetching;
    const succeeded = await fetching;
    if (this.fetching === fetching) this.fetching = undefined;
    return succeeded;
  }

  private async fetchKeys(): Promise<boolean> {
    // Not AbortSignal.any: a combined signal may be garbage-collected with its timer before it fires.
    const timeout = new AbortController();
    const abort = () => timeout.abort();
    const timer = setTimeout(abort, TIMEOUT_MS);
    this.closing.signal.addEventListener('abort', abort, { once: true });
    try {
      // A redirect could lead to a host that was never checked.
      const response = await fetch(this.url, {
        signal: timeout.signal,
        redirect: 'error',
        headers: { accept: 'application/json' },
      });
      if (response.status !== 200) throw new HeraldError(`The issuer responded with ${response.status}`);
      const { keys } = KeySet.parse(JSON.parse(await textOf(response)));
      this.keys = keys.flatMap((key) => this.keyOf(key));
      return true;
    } catch (error) {
      if (!this.closing.signal.aborted)
        this.logger.warn({ message: 'The keys of tokens could not be fetched', err: error });
      return false;
    } finally {
      clearTimeout(timer);
      this.closing.signal.removeEventListener('abort', abort);
    }
  }

  /** Returns no key for one with another purpose (RFC 8725, 3.1): another algorithm, another use, or too short. */
  private keyOf(published: unknown): IssuerKey[] {
    const { data } = PublishedKey.safeParse(published);
    if (!data || (data.alg !== undefined && data.alg !== this.algorithm)) return [];
    try {
      const key = createPublicKey({ key: data as JsonWebKey, format: 'jwk' });
      return suits(key, this.algorithm) ? [{ kid: data.kid, key }] : [];
    } catch {
      return [];
    }
  }
}

/**
 * Reads a response body.
 * @throws Error when it is longer than any set of keys
 */
async function textOf({ body }: Response): Promise<string> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of body ?? []) {
    bytes += part.length;
    if (bytes > MAX_BYTES) throw new HeraldError('The keys of the issuer are too long');
    parts.push(part);
  }
  return Buffer.concat(parts).toString();
}
