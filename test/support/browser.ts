import { execFileSync } from 'node:child_process';
import { type Browser, chromium, type Page } from 'playwright-core';

/** Chromium as the machine has it: CHROMIUM names another one. */
function executable(): string {
  try {
    return process.env['CHROMIUM'] ?? execFileSync('which', ['chromium'], { encoding: 'utf8' }).trim();
  } catch {
    throw new Error('These tests need Chromium: apt-get install chromium, or CHROMIUM=/path/to/it');
  }
}

/** Nothing of its own goes out to anyone. */
const QUIET = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** A browser without a window, with a profile that goes with it. */
export const startBrowser = (): Promise<Browser> => chromium.launch({ executablePath: executable(), args: QUIET });

/** A page, and what it did that a page of ours must not do. */
export interface WatchedPage {
  page: Page;
  /** Errors on its console, and requests that it made elsewhere than at its own address. */
  faults: string[];
}

/** Opens an address and watches what the page does. */
export async function open(browser: Browser, url: string): Promise<WatchedPage> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  const faults: string[] = [];
  const { origin } = new URL(url);
  page.on('console', (message) => message.type() === 'error' && faults.push(message.text()));
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('request', (request) => {
    const asked = new URL(request.url());
    if (asked.protocol !== 'data:' && asked.origin !== origin) faults.push(`it asked ${asked.href}`);
  });
  await page.goto(url);
  return { page, faults };
}
