import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** Stands between a service and a server of its, so that the server can be away for that service alone. */
export class Valve {
  private readonly sockets = new Set<Socket>();
  private state: 'open' | 'closed' | 'frozen' = 'open';

  private constructor(private readonly listener: Server) {}

  static async before(serverUrl: string): Promise<Valve> {
    const { hostname, port } = new URL(serverUrl);
    const listener = createServer({ noDelay: true });
    await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
    const valve = new Valve(listener);
    listener.on('connection', (client) => valve.join(client, connect(Number(port), hostname)));
    return valve;
  }

  /** The same server, reached through here. */
  url(serverUrl: string): string {
    const url = new URL(serverUrl);
    url.hostname = '127.0.0.1';
    url.port = String((this.listener.address() as AddressInfo).port);
    return url.href;
  }

  /** Connections break, and new ones are refused as soon as they are made. */
  close(): void {
    this.state = 'closed';
    for (const socket of this.sockets) socket.destroy();
  }

  /** Connections stay, and nothing passes. */
  freeze(): void {
    this.state = 'frozen';
    for (const socket of this.sockets) socket.pause();
  }

  open(): void {
    this.state = 'open';
    for (const socket of this.sockets) socket.resume();
  }

  async end(): Promise<void> {
    this.close();
    await new Promise((resolve) => this.listener.close(resolve));
  }

  private join(client: Socket, server: Socket): void {
    if (this.state === 'closed') {
      client.destroy();
      server.destroy();
      return;
    }
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      this.sockets.add(from);
      from.on('data', (data) => to.write(data));
      from.on('error', () => undefined);
      from.on('close', () => {
        this.sockets.delete(from);
        to.destroy();
      });
      if (this.state === 'frozen') from.pause();
    }
  }
}
