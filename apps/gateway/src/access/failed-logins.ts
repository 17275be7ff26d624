import { tooManyRequests } from '@herald/contracts';
import { Inject, Injectable } from '@nestjs/common';
import type { GatewayEnv } from '../gateway.env.js';
import { LocalWindows } from './local-windows.js';
import { type Quota, quotas, secondsOf } from './quota.js';

/**
 * Counts failed logins by the client's network, in each gateway separately: a storm of wrong credentials ends here and
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
   * Counts one failed login.
   * @throws Refusal 429 above the limit
   */
  note(network: string): void {
    const { allowed, standings } = this.windows.take(network, this.limits, 1);
    if (!allowed) throw tooManyLogins(standings[0]?.msLeft);
  }

  /**
   * Runs a login that needs a query. It counts as failed until it has succeeded, so that concurrent attempts cannot
   * bypass the limit. Above the limit only a known secret is tried.
   * @throws Refusal 429 without trying the login, when too many have failed
   */
  async attempt<T>(
    network: string,
    login: () => Promise<T | undefined>,
    isKnownSecret: () => Promise<boolean>,
  ): Promise<T | undefined> {
    const { allowed, standings } = this.windows.take(network, this.limits, 1);
    if (!allowed) {
      if (await isKnownSecret()) return login();
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
