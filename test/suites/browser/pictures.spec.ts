import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { startBrowser } from '../../support/browser.js';
import { aMessage, call } from '../../support/client.js';
import { eventually } from '../../support/eventually.js';
import { Herald } from '../../support/herald.js';
import { aDeadLetter } from '../../support/ops.js';
import { PASSWORD } from '../../support/ops-users.js';

/** The pictures in the READMEs. HERALD_WRITE_PICTURES=1 takes them again (`npm run pictures`). */
const APPS = resolve(__dirname, '../../../apps');
const WRITE = process.env['HERALD_WRITE_PICTURES'] === '1';

let herald: Herald;
let browser: Browser;
let page: Page;
beforeAll(async () => {
  [herald, browser] = await Promise.all([
    Herald.start({ services: ['gateway', 'delivery', 'agent-actions', 'merchant-answers', 'ops'] }),
    startBrowser(),
  ]);
  const token = herald.token('unlimitedAccessToken');
  const { body } = await call('POST', `${herald.url}/v1/feed/ai`, { token, body: aMessage() });
  await eventually(async () => {
    const { body: trace } = await call('GET', `${herald.url}/v1/messages/${body.correlationId}`, { token });
    return trace.state === 'delivered';
  });
  for (const error of ['recipientLogin is required', 'company 5f0c… is not known', 'recipientLogin is required']) {
    await aDeadLetter(herald, { error, content: JSON.stringify(aMessage()) });
  }
  const ops = herald.service('ops').url;
  page = await browser.newPage({ viewport: { width: 1100, height: 700 } });
  await page.goto(`${ops}/messages?id=${body.correlationId}`);
  await page.fill('[name=name]', 'ada');
  await page.fill('[name=password]', PASSWORD);
  await page.click('button:has-text("Log in")');
});
afterAll(async () => {
  await browser?.close();
  await herald?.stop();
});

it.each([
  ['ops/pictures/message.png', () => page.url(), 'ol.steps'],
  ['ops/pictures/overview.png', () => herald.service('ops').url, 'table'],
  ['ops/pictures/dead-letters.png', () => `${herald.service('ops').url}/dead-letters`, 'table'],
  ['gateway/pictures/docs.png', () => `${herald.url}/docs`, '.opblock'],
] as const)('%s shows what its page shows', async (file, urlOf, shown) => {
  await page.goto(urlOf());
  await page.locator(shown).first().waitFor();
  const picture = await page.screenshot();
  const path = join(APPS, file);
  if (WRITE) {
    mkdirSync(resolve(path, '..'), { recursive: true });
    writeFileSync(path, picture);
  }
  expect(existsSync(path)).toBe(true);
  // A page without its styles or content is a small picture.
  expect(picture.length).toBeGreaterThan(15_000);
});
