import { STATUS_CODES } from 'node:http';
import type { OpsUser } from '../auth/ops-users.js';
import { html, type Html } from './html.js';
import { layout } from './layout.js';

export function errorPage({ status, message, user }: { status: number; message: string; user?: OpsUser }): Html {
  const title = STATUS_CODES[status] ?? 'Error';
  return layout({
    title,
    user,
    content: html`<section class="card error">
      <p class="status">${status}</p>
      <h1>${title}</h1>
      <p>${message}</p>
      <p><a href="/">Back to the overview</a></p>
    </section>`,
  });
}
