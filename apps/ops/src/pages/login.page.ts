import { html, type Html } from './html.js';
import { ICON_PATH, layout } from './layout.js';

/** @param next the path to open after the login */
export function loginPage({ next, fault }: { next: string; fault?: string }): Html {
  return layout({
    title: 'Log in',
    content: html`<form class="card login" method="post" action="/login">
      <h1><img src="${ICON_PATH}" alt="" width="36" height="36" /> Herald <span>ops</span></h1>
      ${fault && html`<p class="notice bad" role="alert">${fault}</p>`}
      <input type="hidden" name="next" value="${next}" />
      <label>Name <input name="name" autocomplete="username" autocapitalize="none" required autofocus /></label>
      <label>Password <input name="password" type="password" autocomplete="current-password" required /></label>
      <button>Log in</button>
    </form>`,
  });
}
