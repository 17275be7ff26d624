import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { OwnFault } from '@herald/contracts';
import { Logger } from '@nestjs/common';
import { z } from 'zod';
import { isFor } from './jwt.settings.js';

/** For the answer and all of its body. */
const TIMEOUT_MS = 2000;
/** The issuer is asked at most this often, also while it does not answer. */
const ASK_EVERY_MS = 2000;
const MAX_BYTES = 1024 * 1024;

/** A key as an issuer shows it (RFC 7517); what else it says is not asked. */
const Shown = z.looseObject({
  kid: z.string().optional(),
  use: z.literal('sig').optional(),
  key_ops: z
    .array(z.string())
    .refine((operations) => operations.includes('verify'))
    .optional(),
  alg: z.string().optional(),
  /** A private key that is shown to everybody is nobody's any more. */
  d: z.undefined().optional(),
});
const KeySet = z.object({ keys: z.array(z.unknown()).max(1000) });

interface IssuerKey {
  kid?: string;
  key: KeyObject;
}

/** The issuer's keys for one algorithm (JWKS), as it showed them last. While it is away they go on holding. */
export class RemoteKeys {
  private readonly logger = new Logger('jwks');
  private readonly closing = new AbortController();
  private readonly timer: NodeJS.Timeout;
  private shown?: IssuerKey[];
  private askedAt = -Infinity;
  private asking?: Promise<boolean>;
  private askingNext?: Promise<boolean>;

  constructor(
    private readonly url: URL,
    private readonly algorithm: string,
    refreshMs: number,
  ) {
    this.timer = setInterval(() => void this.refresh(), refreshMs);
    void this.refresh();
  }

  /** Whether the issuer ever answered. */
  get isKnown(): boolean {
    return this.shown !== undefined;
  }

  /** The keys of this name; several when the issuer gave it twice. */
  namedBy(kid: string | undefined): KeyObject[] {
    return kid === undefined ? [] : this.keysOf(kid);
  }

  /** The keys that a token may be signed with: those that it names, else those without a name, or the only one. */
  fitting(kid: string | undefined): KeyObject[] {
    const named = this.namedBy(kid);
    if (named.length > 0) return named;
    const nameless = this.keysOf(undefined);
    const [only, another] = this.shown ?? [];
    return nameless.length === 0 && kid === undefined && only && !another ? [only.key] : nameless;
  }

  /** Whether the request answers that is under way; undefined when there is none. */
  get underWay(): Promise<boolean> | undefined {
    return this.asking;
  }

  /** Asks the issuer, once for all who want it at the same time; false when it does not answer. */
  refresh(): Promise<boolean> {
    this.askingNext ??= this.askInTurn();
    return this.askingNext;
  }

  close(): void {
    clearInterval(this.timer);
    this.closing.abort();
  }

  private keysOf(name: string | undefined): KeyObject[] {
    return (this.shown ?? []).flatMap(({ kid, key }) => (kid === name ? key : []));
  }

  private async askInTurn(): Promise<boolean> {
    const waitMs = Math.max(0, this.askedAt + ASK_EVERY_MS - performance.now());
    await sleep(waitMs, undefined, { signal: this.closing.signal, ref: false }).catch(() => undefined);
    this.askedAt = performance.now();
    this.askingNext = undefined;
    const asking = this.ask();
    this.asking = asking;
    const answered = await asking;
    if (this.asking === asking) this.asking = undefined;
    return answered;
  }

  private async ask(): Promise<boolean> {
    // A signal that is made of others may be collected with its timer before that ends.
    const late = new AbortController();
    const giveUp = () => late.abort();
    const timer = setTimeout(giveUp, TIMEOUT_MS);
    this.closing.signal.addEventListener('abort', giveUp, { once: true });
    try {
      // A redirect would lead to where nobody checked that it may name keys.
      const response = await fetch(this.url, {
        signal: late.signal,
        redirect: 'error',
        headers: { accept: 'application/json' },
      });
      if (response.status !== 200) throw new OwnFault(`The issuer answered ${response.status}`);
      const { keys } = KeySet.parse(JSON.parse(await textOf(response)));
      this.shown = keys.flatMap((key) => this.keyOf(key));
      return true;
    } catch (error) {
      if (!this.closing.signal.aborted)
        this.logger.warn({ message: 'The keys of tokens could not be fetched', err: error });
      return false;
    } finally {
      clearTimeout(timer);
      this.closing.signal.removeEventListener('abort', giveUp);
    }
  }

  /** None when it is for something else (RFC 8725, 3.1): another algorithm, another use, or too short a key. */
  private keyOf(shown: unknown): IssuerKey[] {
    const { data } = Shown.safeParse(shown);
    if (!data || (data.alg !== undefined && data.alg !== this.algorithm)) return [];
    try {
      const key = createPublicKey({ key: data as JsonWebKey, format: 'jwk' });
      return isFor(key, this.algorithm) ? [{ kid: data.kid, key }] : [];
    } catch {
      return [];
    }
  }
}

/** @throws Error when it is longer than any set of keys */
async function textOf({ body }: Response): Promise<string> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of body ?? []) {
    bytes += part.length;
    if (bytes > MAX_BYTES) throw new OwnFault('The keys of the issuer are too long');
    parts.push(part);
  }
  return Buffer.concat(parts).toString();
}
