import { tooManyRequests } from '@herald/contracts';
import { Inject, Injectable } from '@nestjs/common';
import type { GatewayEnv } from '../gateway.env.js';
import { LocalWindows } from './local-windows.js';
import { type Quota, quotas, secondsOf } from './quota.js';

/**
 * Logins that failed, by the client's network and in each gateway by itself: a storm of wrong credentials ends here and
 * does not reach the database.
 */
@Injectable()
export class FailedLogins {
  private readonly windows = new LocalWindows();
  private readonly limits: Quota[];

  constructor(@Inject('GATEWAY_ENV') { FAILED_LOGINS_PER_MINUTE }: GatewayEnv) {
    this.limits = quotas(FAILED_LOGINS_PER_MINUTE, 0);
  }

  /**
   * One more failed.
   * @throws Refusal 429 when it is one too many
   */
  note(network: string): void {
    const { admitted, standings } = this.windows.take(network, this.limits, 1);
    if (!admitted) throw tooManyLogins(standings[0]?.msLeft);
  }

  /**
   * A login that costs a look-up. It counts as failed until it has succeeded, so that many at once are no way around the
   * limit. Above the limit only one that is no guess is tried.
   * @throws Refusal 429 without trying it, when too many failed
   */
  async attempt<T>(
    network: string,
    login: () => Promise<T | undefined>,
    isNoGuess: () => Promise<boolean>,
  ): Promise<T | undefined> {
    const { admitted, standings } = this.windows.take(network, this.limits, 1);
    if (!admitted) {
      if (await isNoGuess()) return login();
      throw tooManyLogins(standings[0]?.msLeft);
    }
    let failed = false;
    try {
      const caller = await login();
      failed = caller === undefined;
      return caller;
    } finally {
      if (!failed) this.windows.take(network, this.limits, -1);
    }
  }
}

const tooManyLogins = (msLeft = 0) => tooManyRequests('Too many failed logins from this address', secondsOf(msLeft));
