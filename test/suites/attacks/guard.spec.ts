import { Herald } from '../../support/herald.js';
import { brokenBuild } from '../../support/preloads.js';
import { attacksOf } from './attacks.js';
import { HonestClient } from './honest-client.js';
import { inFlightOf, siege } from './siege.js';

const keepSlots = brokenBuild('gateway/keep-slots');

let herald: Herald;
afterEach(() => herald?.stop());

it('finds out a gateway whose slots do not end with their connections', async () => {
  herald = await Herald.start({ services: [] });
  const gateway = await herald.startService('gateway', { preload: keepSlots, env: { CALLER_SHARE_PERCENT: '100' } });
  const token = herald.token('unlimitedAccessToken');
  const jwt = herald.jwtOf('dmurta');
  const honest = HonestClient.of(herald.url, herald.token('unlimitedAccessToken', herald.otherCompany), jwt);
  const attack = attacksOf({ credential: token, jwt })['slots']?.['requests ahead of half a body, then gone'];
  await siege(gateway, honest, attack!);
  honest.close();
  expect(await inFlightOf(gateway)).toBeGreaterThan(0);
});
