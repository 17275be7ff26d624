import { createServer, connect, type AddressInfo, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

interface Link {
  client: Socket;
  server: Socket;
  /** Nothing passes any more, and neither end notices. */
  silent: boolean;
}

/** A proxy between the services and a server, which imitates network faults. */
export class Proxy {
  /** Each piece of data is held back this long. */
  delayMs = 0;
  /** New connections are taken and lead nowhere. */
  deaf = false;
  private readonly links = new Set<Link>();

  private constructor(
    private readonly listener: Server,
    private readonly target: number,
  ) {
    listener.on('connection', (client) => this.link(client));
  }

  static async to(target: number): Promise<Proxy> {
    const listener = createServer({ noDelay: true });
    await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
    return new Proxy(listener, target);
  }

  get port(): number {
    return (this.listener.address() as AddressInfo).port;
  }

  get connections(): number {
    return this.links.size;
  }

  /** Every connection ends with RST, in the middle of whatever it carries. */
  reset(): void {
    for (const { client, server } of this.links) {
      client.resetAndDestroy();
      server.destroy();
    }
  }

  /** Half-open: the server's side is gone, and the services get no notice. New connections work as before. */
  halfOpen(): void {
    for (const link of this.links) {
      link.silent = true;
      link.server.destroy();
    }
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.listener.close(resolve));
    this.reset();
    await closed;
  }

  private link(client: Socket): void {
    const server = connect({ port: this.target, host: '127.0.0.1', noDelay: true });
    const link: Link = { client, server, silent: this.deaf };
    this.links.add(link);
    this.pass(link, client, server);
    this.pass(link, server, client);
    client.on('close', () => this.links.delete(link));
  }

  private pass(link: Link, from: Socket, to: Socket): void {
    let before = Promise.resolve();
    let heldBack = 0;
    from.on('data', (data) => {
      if (link.silent) return;
      if (this.delayMs === 0 && heldBack === 0) return void to.write(data);
      heldBack++;
      const due = sleep(this.delayMs);
      before = before
        .then(() => due)
        .then(() => {
          heldBack--;
          if (!link.silent) to.write(data);
        });
    });
    // An error is followed by the close.
    from.on('error', () => undefined);
    from.on('close', () => {
      if (!link.silent || from === link.client) to.destroy();
    });
  }
}
