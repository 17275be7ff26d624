import { createHash } from 'node:crypto';
import type { OpsUser } from '../auth/ops-users.js';
import { html, type Html, type Part } from './html.js';
import { STYLE } from './style.js';

export interface Page {
  title: string;
  /** The navigation entry of the page. */
  at?: Place;
  user?: OpsUser;
  /** The page reloads after this many seconds. */
  refreshSeconds?: number;
  content: Part;
}

type Place = 'overview' | 'queues' | 'dead-letters' | 'messages';

/** Contains a hash of the content, so that browsers can cache a version. */
export const STYLE_PATH = `/style-${createHash('sha256').update(STYLE).digest('hex').slice(0, 12)}.css`;
export const ICON_PATH = '/icon.svg';
/** The bell of a trumpet, with sound waves. */
export const ICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="8" fill="#0f766e"/>
<path d="M7 13v6h3l8 5V8l-8 5z" fill="#fff"/><path d="M21.5 12a5.5 5.5 0 0 1 0 8M24.5 9a10 10 0 0 1 0 14" fill="none" stroke="#fff" stroke-width="2" stroke-linecap="round"/></svg>`;

/** Returns the path of the queue board of a role. */
export const boardPath = ({ role }: Pick<OpsUser, 'role'>) => `/board/${role}`;

export function layout({ title, at, user, refreshSeconds, content }: Page): Html {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="robots" content="noindex" />
        <meta name="color-scheme" content="light dark" />
        ${refreshSeconds && html`<meta http-equiv="refresh" content="${refreshSeconds}" />`}
        <title>${title} · Herald ops</title>
        <link rel="icon" href="${ICON_PATH}" type="image/svg+xml" />
        <link rel="stylesheet" href="${STYLE_PATH}" />
      </head>
      <body>
        <a class="skip" href="#content">Skip to content</a>
        ${user && navigation(user, at)}
        <main id="content" ${!user && html` class="narrow"`}>${content}</main>
      </body>
    </html>`;
}

function navigation(user: OpsUser, at?: Place): Html {
  const link = (place: Place, href: string, text: string) =>
    html`<a href="${href}" ${place === at && html` aria-current="page"`}>${text}</a>`;
  return html`<header>
    <a class="brand" href="/"><img src="${ICON_PATH}" alt="" width="28" height="28" /> Herald <span>ops</span></a>
    <nav aria-label="Pages">
      ${link('overview', '/', 'Overview')} ${link('queues', boardPath(user), 'Queues')}
      ${link('dead-letters', '/dead-letters', 'Dead letters')} ${link('messages', '/messages', 'Messages')}
    </nav>
    <form class="who" method="post" action="/logout">
      <span>${user.name} <small>${user.role}</small></span>
      <button class="plain">Log out</button>
    </form>
  </header>`;
}
