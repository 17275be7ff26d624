import { Database, findKeys, forgetRequests, type StoredKey } from '@herald/database';
import { Inject, Injectable } from '@nestjs/common';
import type { GatewayEnv } from '../gateway.env.js';
import type { IdempotencyKey } from './idempotency-key.js';

declare module 'fastify' {
  interface FastifyInstance {
    rememberedKeys: RememberedKeys;
  }
}

const HOUR_MS = 3_600_000;

/** The keys whose requests are remembered, each for `REQUEST_HOURS`. */
@Injectable()
export class RememberedKeys {
  private readonly hours: number;

  constructor(
    private readonly database: Database,
    @Inject('GATEWAY_ENV') settings: Pick<GatewayEnv, 'REQUEST_HOURS'>,
  ) {
    this.hours = settings.REQUEST_HOURS;
  }

  /**
   * Returns those of the used keys whose request had the same body: they repeat it. The others were used with another
   * body.
   */
  async findRepeated(keys: IdempotencyKey[]): Promise<Map<IdempotencyKey, StoredKey>> {
    if (keys.length === 0) return new Map();
    const known = await findKeys(
      this.database,
      keys.map(({ id }) => id),
    );
    return new Map(
      keys.flatMap((key) => {
        const stored = known.get(key.id);
        return stored?.hash.equals(key.hash) ? [[key, stored] as const] : [];
      }),
    );
  }

  /** Returns the end of the time for which a request that had its effect at `since` is remembered. */
  endOf(since: Date): Date {
    return new Date(since.getTime() + this.hours * HOUR_MS);
  }

  /** Frees a key whose time is over but whose request was not removed yet. Does nothing to any other key. */
  async free({ id }: IdempotencyKey): Promise<void> {
    await forgetRequests(this.database, [id], this.hours);
  }
}
