import type { FastifyRequest } from 'fastify';
import findMyWay from 'find-my-way';

declare module 'fastify' {
  interface FastifyRequest {
    /** False when the path is unknown, or has no route for the method. */
    hasRoute: boolean;
  }
}

interface KnownPath {
  path: string;
  methods: string[];
}

/** A path without the names of its parameters. */
const formOf = (path: string) => path.replaceAll(/:\w+/g, ':');

/** Finds the methods of a path, whatever its parameters, for a 405 and the response to OPTIONS. */
export class KnownPaths {
  private readonly router: findMyWay.Instance<findMyWay.HTTPVersion.V1>;
  private readonly known = new Map<string, KnownPath>();

  constructor(options: findMyWay.Config<findMyWay.HTTPVersion.V1>) {
    this.router = findMyWay(options);
  }

  /** Adds a route at its registration. */
  add(path: string, method: string): void {
    // The route `*` only handles CORS preflights, for every path.
    if (path === '*') return;
    const known = this.known.get(path);
    if (known) return void known.methods.push(method);
    const added = { path, methods: [method] };
    this.known.set(path, added);
    this.router.on('GET', path, () => undefined, added);
  }

  /** Returns the methods of a path; undefined when no route has it. */
  methodsOf(url: string): string[] | undefined {
    return this.find(url)?.methods;
  }

  /**
   * Returns whether a route serves the request. A path that has routes for other methods alone is not served by a route
   * for any id in that place: `GET /v1/feed/ai` does not ask for a message called `ai`.
   */
  serves({ is404, url, routeOptions }: FastifyRequest): boolean {
    const { url: path = '' } = routeOptions;
    return !is404 && (!path.includes(':') || formOf(this.find(url)?.path ?? path) === formOf(path));
  }

  private find(url: string): KnownPath | undefined {
    return this.router.find('GET', url)?.store as KnownPath | undefined;
  }
}
