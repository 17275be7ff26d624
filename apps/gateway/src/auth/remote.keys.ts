import { KeyObject } from 'node:crypto';
import { unauthorized, unavailable } from '@herald/contracts';
import { Logger } from '@nestjs/common';
import { createRemoteJWKSet, customFetch, type JWSHeaderParameters } from 'jose';

const TIMEOUT_MS = 2000;
/** Tokens with an unknown `kid` make us ask the issuer at most this often, also while it does not answer. */
const ASK_EVERY_MS = 2000;

/**
 * The issuer's keys (JWKS). They are fetched at start, again and again, and when a token names one that is not known. While
 * the issuer is away, those that were known last go on holding.
 */
export class RemoteKeys {
  private readonly logger = new Logger('jwks');
  private askedAt = -Infinity;
  private readonly timer: NodeJS.Timeout;
  private readonly keys: ReturnType<typeof createRemoteJWKSet>;

  constructor(url: URL, refreshMs: number) {
    this.keys = createRemoteJWKSet(url, {
      timeoutDuration: TIMEOUT_MS,
      cooldownDuration: 0,
      cacheMaxAge: Infinity,
      [customFetch]: (...request) => this.ask(...request),
    });
    this.timer = setInterval(() => void this.load(), refreshMs);
    void this.load();
  }

  /** @throws Refusal 401 for a key that the issuer does not have, 503 when it never answered */
  async keyOf(header: JWSHeaderParameters): Promise<KeyObject> {
    try {
      return KeyObject.from(await this.keys(header));
    } catch {
      if (this.keys.jwks()) throw unauthorized();
      throw unavailable('The keys of tokens could not be fetched; try again');
    }
  }

  close(): void {
    clearInterval(this.timer);
  }

  private async load(): Promise<void> {
    await this.keys.reload().catch((error: Error) => {
      if (!(error instanceof AskedLately))
        this.logger.warn(`The keys of tokens could not be fetched: ${error.message}`);
    });
  }

  private async ask(...request: Parameters<typeof fetch>): Promise<Response> {
    if (performance.now() < this.askedAt + ASK_EVERY_MS) throw new AskedLately();
    this.askedAt = performance.now();
    return fetch(...request);
  }
}

class AskedLately extends Error {}
