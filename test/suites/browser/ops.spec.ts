import { randomUUID } from 'node:crypto';
import type { Browser, Page } from 'playwright-core';
import { anAction } from '../../support/actions.js';
import { open, startBrowser } from '../../support/browser.js';
import { aLogin, aMessage } from '../../support/client.js';
import { eventually } from '../../support/eventually.js';
import { Herald } from '../../support/herald.js';
import { Producer } from '../../support/merchant.js';
import { aDeadLetter } from '../../support/ops.js';
import { PASSWORD } from '../../support/ops-users.js';

let herald: Herald;
let browser: Browser;
beforeAll(async () => {
  [herald, browser] = await Promise.all([
    Herald.start({ services: ['gateway', 'delivery', 'agent-actions', 'ops'] }),
    startBrowser(),
  ]);
});
afterAll(async () => {
  await browser?.close();
  await herald?.stop();
});

const ops = () => herald.service('ops').url;

/** Fonts that the board requests by itself; its content security policy blocks them. */
const FONTS = /fonts\.googleapis\.com/;
/** The page to log in by comes with a 401, which browsers call an error. */
const LOGIN = /401 \(Unauthorized\)/;

/** Logs in by the form, as a person does, and lands on the page that was asked for. */
async function logIn(name: 'ada' | 'vera', path = '/') {
  const { page, faults } = await open(browser, `${ops()}${path}`);
  await page.fill('[name=name]', name);
  await page.fill('[name=password]', PASSWORD);
  await page.click('button:has-text("Log in")');
  await page.waitForURL(`${ops()}${path}`);
  return { page, faults: () => faults.filter((fault) => !FONTS.test(fault) && !LOGIN.test(fault)) };
}

const clickThrough = async (page: Page, name: string) => {
  await page.getByRole('navigation').getByRole('link', { name }).click();
  await page.waitForLoadState();
};

/** A job that failed because its company is unknown. */
async function aFailedJob(companyId: string): Promise<string> {
  const correlationId = randomUUID();
  const producer = new Producer(herald, 'agent-actions');
  await producer.put('record', { correlationId, companyId, body: anAction() });
  await producer.close();
  await eventually(
    async () => (await herald.query('select from dead_letters where correlation_id = $1', [correlationId])).length,
  );
  return correlationId;
}

const isRecorded = async (id: string) =>
  (await herald.query('select from agent_actions where id = $1', [id])).length === 1;

test('an admin logs in, opens a queue, and retries a failed job once its cause is mended', async () => {
  const companyId = randomUUID();
  const correlationId = await aFailedJob(companyId);
  const { page, faults } = await logIn('ada');
  expect(await page.locator('h1').innerText()).toBe('Overview');

  await page.getByRole('row', { name: 'agent-actions' }).getByRole('link', { name: 'agent-actions' }).click();
  await page.waitForURL(/\/board\/admin\/queue\/agent-actions/);
  await page.getByText('Failed', { exact: false }).first().click();
  const card = page.getByText(`company ${companyId} is not known`).first();
  await card.waitFor();

  await herald.query('insert into companies (id, name) values ($1, $2)', [companyId, 'Late']);
  await page.getByRole('button', { name: 'Retry all' }).click();
  await page.getByRole('button', { name: /confirm/i }).click();
  await eventually(() => isRecorded(correlationId), 20_000);
  // It left the dead letters when it succeeded.
  expect(await herald.query('select from dead_letters where correlation_id = $1', [correlationId])).toEqual([]);
  expect(faults()).toEqual([]);
  await page.close();
});

test('an admin replays a dead letter, and follows its message until it is delivered', async () => {
  const login = aLogin();
  const letter = await aDeadLetter(herald, {
    content: JSON.stringify(aMessage({ recipientLogin: login })),
    error: 'the cause',
  });
  const { page, faults } = await logIn('ada');
  await clickThrough(page, 'Dead letters');
  await page.fill('[name=error]', 'the cause');
  await page.click('button:has-text("Search")');
  await page.getByLabel(`Dead letter ${letter}`).check();
  await page.click('button:has-text("Replay selected")');
  expect(await page.locator('main').innerText()).toContain('1 sent back');
  await eventually(
    async () => (await herald.query('select from feed_messages where recipient_login = $1', [login])).length,
  );

  const [message] = await herald.query<{ id: string }>('select id from feed_messages where recipient_login = $1', [
    login,
  ]);
  await clickThrough(page, 'Messages');
  await page.fill('[name=id]', message!.id);
  await page.click('button:has-text("Find")');
  const steps = await page.locator('ol.steps').innerText();
  for (const step of ['Given up', 'Sent back by an operator', 'Delivered']) expect(steps).toContain(step);
  expect(faults()).toEqual([]);
  await page.close();
});

test('an admin drops a dead letter only when it was confirmed', async () => {
  const letter = await aDeadLetter(herald, { error: 'nobody needs it' });
  const { page } = await logIn('ada', `/dead-letters/${letter}`);
  await page.click('button:has-text("Drop …")');
  await page.click('a:has-text("Keep")');
  expect((await herald.query('select from dead_letters where id = $1', [letter])).length).toBe(1);
  await page.goto(`${ops()}/dead-letters/${letter}`);
  await page.click('button:has-text("Drop …")');
  await page.click('button:has-text("Drop permanently")');
  expect(await page.locator('main').innerText()).toContain('1 dropped');
  expect(await herald.query('select from dead_letters where id = $1', [letter])).toEqual([]);
  await page.close();
});

test('a viewer looks at the same things, and has nothing to change them by', async () => {
  const companyId = randomUUID();
  await aFailedJob(companyId);
  const letter = await aDeadLetter(herald, { content: JSON.stringify(aMessage({ title: 'Segredo' })) });
  const { page, faults } = await logIn('vera', `/dead-letters/${letter}`);
  const text = await page.locator('main').innerText();
  expect(text).toContain('•••');
  expect(text).not.toContain('Segredo');
  expect(await page.getByRole('button', { name: /Replay|Drop/ }).count()).toBe(0);

  await page.goto(`${ops()}/board/viewer/queue/agent-actions?status=failed`);
  await page.getByText(`company ${companyId} is not known`).first().waitFor();
  for (const name of [/Retry/, /Clean/]) expect(await page.getByRole('button', { name }).count()).toBe(0);
  expect(faults()).toEqual([]);

  // Nor by hand, from the page itself.
  const status = (method: string, path: string) =>
    page.evaluate(async ([how, where]) => (await fetch(where as string, { method: how })).status, [method, path]);
  expect(await status('PUT', '/board/viewer/api/queues/agent-actions/retry/failed')).toBe(403);
  expect(await status('PUT', '/board/admin/api/queues/agent-actions/retry/failed')).toBe(403);
  expect(await status('POST', '/dead-letters/replay')).toBe(403);
  await page.close();
});

test('HTML in a dead letter and in a job stays text, in the browser too', async () => {
  const html = `<img src=x onerror="document.title='owned'"><script>document.title='owned'</script>`;
  const letter = await aDeadLetter(herald, { content: html, error: html, job: html });
  const producer = new Producer(herald, 'delivery');
  await producer.put(html, { [html]: html });
  await producer.close();
  const { page, faults } = await logIn('ada');
  for (const path of ['/dead-letters', `/dead-letters/${letter}`, '/board/admin/queue/delivery?status=failed']) {
    await page.goto(`${ops()}${path}`);
    await page.getByText('<img src=x').first().waitFor();
    expect(await page.locator('img[src=x]').count()).toBe(0);
    expect(await page.title()).not.toContain('owned');
  }
  expect(faults()).toEqual([]);
  await page.close();
});

test.each([
  ['a laptop', 1280, 800],
  ['a phone', 390, 800],
])('no page is wider than %s', async (_, width, height) => {
  await aDeadLetter(herald, { error: 'a long error without any blank: '.concat('x'.repeat(300)) });
  const { page } = await logIn('ada');
  await page.setViewportSize({ width, height });
  for (const path of ['/', '/dead-letters', '/messages', '/dead-letters/drop?id=1']) {
    await page.goto(`${ops()}${path}`);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    expect([path, wide]).toEqual([path, width]);
  }
  await page.close();
});
