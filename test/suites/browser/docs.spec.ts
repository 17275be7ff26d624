import type { Browser, Page } from 'playwright-core';
import { open, startBrowser } from '../../support/browser.js';
import { eventually } from '../../support/eventually.js';
import { Herald } from '../../support/herald.js';
import { clientOf } from '../../support/typed-client.js';

let herald: Herald;
let browser: Browser;
beforeAll(async () => {
  [herald, browser] = await Promise.all([Herald.start({ services: ['gateway', 'delivery'] }), startBrowser()]);
});
afterAll(async () => {
  await browser?.close();
  await herald?.stop();
});

/** The reference page, with its operations drawn. */
async function reference(path = '/docs') {
  const watched = await open(browser, `${herald.url}${path}`);
  await watched.page.waitForSelector('.opblock');
  return watched;
}

async function authorize(page: Page, scheme: string, token: string): Promise<void> {
  await page.click('.btn.authorize');
  const box = page.locator('.auth-container', { hasText: scheme });
  await box.locator('input').fill(token);
  await box.locator('button', { hasText: 'Authorize' }).click();
  await page.click('.close-modal');
}

describe('the reference page', () => {
  it.each(['/docs', '/docs/'])('shows every operation at %s, and asks nobody but its own gateway', async (path) => {
    const { page, faults } = await reference(path);
    const { paths } = (await (await fetch(`${herald.url}/openapi.json`)).json()) as { paths: Record<string, object> };
    const operations = Object.values(paths).flatMap((methods) => Object.keys(methods));
    expect(operations.length).toBeGreaterThan(25);
    expect(await page.locator('.opblock').count()).toBe(operations.length);
    expect(await page.locator('.info .title').innerText()).toContain('Herald');
    for (const group of ['delivery', 'agent-actions', 'merchant-answers', 'health']) {
      expect(await page.locator(`#operations-tag-${group}`).count()).toBe(1);
    }
    expect(faults).toEqual([]);
    await page.close();
  });

  it('tries a call: a message that is sent from it arrives', async () => {
    const { page, faults } = await reference();
    await authorize(page, 'accessToken', herald.token('accessToken'));
    const send = page.locator('#operations-delivery-sendMessage');
    await send.locator('.opblock-summary-control').click();
    await send.locator('.execute').click();
    const answer = send.locator('.live-responses-table .response');
    await answer.waitFor();
    expect(await answer.locator('.response-col_status').innerText()).toContain('202');
    const [, correlationId] = /"correlationId": "([0-9a-f-]{36})"/.exec(await answer.innerText()) ?? [];
    const dmurta = clientOf(herald.url, herald.jwtOf('dmurta'));
    await eventually(async () => {
      const { data } = await dmurta.GET('/v1/feed');
      return data?.data.some(({ id }) => id === correlationId);
    });
    expect(faults).toEqual([]);
    await page.close();
  });

  it('shows a refusal as the gateway gives it', async () => {
    const { page } = await reference();
    const feed = page.locator('#operations-delivery-readFeed');
    await feed.locator('.opblock-summary-control').click();
    await feed.locator('.execute').click();
    const answer = feed.locator('.live-responses-table .response');
    await answer.waitFor();
    expect(await answer.innerText()).toContain('Invalid or missing credentials');
    await page.close();
  });

  it('may not ask another host: its policy stops it, and this test would see it', async () => {
    const { page, faults } = await reference();
    const asked = await page.evaluate(() => fetch('http://127.0.0.1:9/').then(String, String));
    expect(asked).toContain('Failed to fetch');
    expect(faults.join('\n')).toContain('Content Security Policy');
    await page.close();
  });
});
