import findMyWay from 'find-my-way';

/** Finds the methods of a path, whatever its parameters, for a 405 and the response to OPTIONS. */
export class KnownPaths {
  private readonly router: findMyWay.Instance<findMyWay.HTTPVersion.V1>;
  private readonly methods = new Map<string, string[]>();

  constructor(options: findMyWay.Config<findMyWay.HTTPVersion.V1>) {
    this.router = findMyWay(options);
  }

  /** Adds a route at its registration. */
  add(path: string, method: string): void {
    // The route `*` only handles CORS preflights, for every path.
    if (path === '*') return;
    const known = this.methods.get(path);
    if (known) return void known.push(method);
    const methods = [method];
    this.methods.set(path, methods);
    this.router.on('GET', path, () => undefined, methods);
  }

  /** Returns the methods of a path; undefined when no route has it. */
  methodsOf(url: string): string[] | undefined {
    return this.router.find('GET', url)?.store as string[] | undefined;
  }
}
