import findMyWay from 'find-my-way';

/** Which methods a path knows, whatever its parameters: what a 405 and the answer to OPTIONS say. */
export class KnownPaths {
  private readonly router: findMyWay.Instance<findMyWay.HTTPVersion.V1>;
  private readonly methods = new Map<string, string[]>();

  constructor(options: findMyWay.Config<findMyWay.HTTPVersion.V1>) {
    this.router = findMyWay(options);
  }

  /** A route as it is registered. */
  add(path: string, method: string): void {
    // Stands for every path, so that browsers may ask before they cross origins.
    if (path === '*') return;
    const known = this.methods.get(path);
    if (known) return void known.push(method);
    const methods = [method];
    this.methods.set(path, methods);
    this.router.on('GET', path, () => undefined, methods);
  }

  /** Undefined when no route has this path. */
  methodsOf(url: string): string[] | undefined {
    return this.router.find('GET', url)?.store as string[] | undefined;
  }
}
