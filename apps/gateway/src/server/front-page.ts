import { createHash } from 'node:crypto';
import { pathOf } from '@herald/bootstrap';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { prefers } from '../errors/accept.js';

const STYLE = `
:root { color-scheme: light dark; --ink: #1c2333; --soft: #566074; --ground: #f5f6fa; --card: #fff; --line: #dfe3ec; --accent: #3346b8; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e8ebf4; --soft: #a3adc2; --ground: #10141f; --card: #182030; --line: #2c3650; --accent: #9fb0ff; }
}
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 24px; background: var(--ground);
  color: var(--ink); font: 16px/1.55 system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif; }
main { width: 100%; max-width: 560px; padding: clamp(24px, 6vw, 48px); background: var(--card);
  border: 1px solid var(--line); border-radius: 16px; }
header { display: flex; align-items: center; gap: 14px; }
h1 { margin: 0; font-size: 28px; letter-spacing: -0.01em; }
p { margin: 18px 0 0; }
.soft { color: var(--soft); font-size: 14px; }
nav { display: grid; gap: 10px; margin-top: 26px; }
nav a { display: block; padding: 12px 16px; border: 1px solid var(--line); border-radius: 10px; color: inherit;
  text-decoration: none; }
nav a:hover, nav a:focus-visible { border-color: var(--accent); outline: none; box-shadow: 0 0 0 1px var(--accent); }
nav b { display: block; color: var(--accent); }
`;

const PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>Herald</title>
    <link rel="icon" href="/favicon.svg" />
    <style>${STYLE}</style>
  </head>
  <body>
    <main>
      <header>
        <img src="/favicon.svg" width="40" height="40" alt="" />
        <h1>Herald</h1>
      </header>
      <p>
        This is the gateway of Herald, a notification service. Programs send messages, agents record what they did, and
        merchants answer questions. What Herald has acknowledged is never lost and never delivered twice.
      </p>
      <nav>
        <a href="/docs"><b>API reference</b>Every route, with examples that you can run</a>
        <a href="/openapi.json"><b>OpenAPI document</b>The same for programs</a>
      </nav>
      <p class="soft">All other routes need a credential: an API key or access token for programs, a JWT for people.</p>
    </main>
  </body>
</html>
`;

const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`,
  "img-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Shows the front page to browsers at `/`. For programs `/` is an unknown path. */
export function showFrontPage({ method, url, headers }: FastifyRequest, reply: FastifyReply, next: () => void): void {
  const reads = method === 'GET' || method === 'HEAD';
  if (!reads || pathOf(url) !== '/' || !prefers(headers.accept, 'text/html', 'application/json')) return next();
  void reply.header('content-security-policy', CONTENT_SECURITY_POLICY).type('text/html; charset=utf-8').send(PAGE);
}
