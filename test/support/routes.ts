import { Agent, request } from 'node:http';
import type { Service } from './service.js';

/** A route as the running gateway has it; `access` is what it asks of its caller. */
export interface Route {
  method: string;
  pattern: string;
  access?: {
    kind: 'credential' | 'person' | 'merchant';
    scope?: string;
    people?: 'with scope' | 'for their own';
    merchants?: true;
  };
}

/** The routes of a gateway that was started with the preload show-routes. */
export function routesOf({ log }: Service): Route[] {
  return [...log.matchAll(/^\{"route":.*\}$/gm)].map(([line]) => (JSON.parse(line) as { route: Route }).route);
}

/** The open paths (contracts README, "Paths and methods"). */
export const isOpen = ({ pattern }: Route) =>
  /^\/(health\/(live|ready)|docs(\/.*)?|openapi\.json|favicon\.(ico|svg))$/.test(pattern);

/** A path of the route that exists as far as its form goes. */
export const pathOf = ({ pattern }: Pick<Route, 'pattern'>) =>
  pattern.replace(/:\w*[iI]d\b/g, '123e4567-e89b-12d3-a456-426614174000').replace('*', 'x');

const encoded = (text: string) => text.replace(/[a-z]/g, (letter) => `%${letter.charCodeAt(0).toString(16)}`);

/** Ways to write a path that a router, or something in front of it, might take for the path or for an open one. */
export function spellingsOf(path: string): string[] {
  const rest = path.slice(1);
  return [
    path,
    ...[
      '/',
      '//',
      '/.',
      '/..',
      '/%2e',
      '%2f',
      ';x',
      ';.json',
      '%3bx',
      '.json',
      '%20',
      '%00',
      '%',
      '?',
      '?x=1',
      '#x',
    ].map((end) => path + end),
    ...['/', '//', '/.', '/./', '/%2e', '/%2e/', '/x/..', '/x/%2e%2e', '/x/..;', '/%2f', '/;'].map(
      (start) => start + path,
    ),
    ...['/health/live', '/health/live/..', '/health/live/../..', '/health/live/..%2f..', '/health/ready;', '/docs'].map(
      (open) => open + path,
    ),
    path.toUpperCase(),
    `/${rest[0]?.toUpperCase()}${rest.slice(1)}`,
    path.replaceAll('/', '//'),
    path.replaceAll('/', '/./'),
    `/${rest.replaceAll('/', '\\')}`,
    `/${rest.replaceAll('/', '%2f')}`,
    `/${rest.replaceAll('/', '%2F')}`,
    `/${rest.replaceAll('/', '%252f')}`,
    `/${rest.replaceAll('/', '%5c')}`,
    `/%${rest.charCodeAt(0).toString(16)}${rest.slice(1)}`,
    encoded(path),
    `http://localhost${path}`,
    `http://localhost/health/live/..${path}`,
  ];
}

const agent = new Agent({ keepAlive: true, maxSockets: 16 });

/** The status of one request whose path is sent as it is written; no HTTP client straightens it. */
export function statusOf(
  base: string,
  { method, path, headers = {}, body }: { method: string; path: string; headers?: object; body?: string },
): Promise<number> {
  const { hostname, port } = new URL(base);
  return new Promise((resolve, reject) => {
    const sent = request({ agent, hostname, port, method, path, headers: { ...headers } }, (response) => {
      // A refusal may come, and the connection close, before the whole body was sent.
      resolve(response.statusCode as number);
      response.resume();
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

/** Ends the connections that `statusOf` keeps open. */
export const closeConnections = () => agent.destroy();
