import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** Opens raw connections for as long as its attack lasts, and forgets them all then. */
export class Attacker {
  private readonly open = new Set<Socket>();
  private readonly end: number;

  constructor(
    private readonly url: string,
    seconds: number,
  ) {
    this.end = performance.now() + seconds * 1000;
  }

  get isOn(): boolean {
    return performance.now() < this.end;
  }

  /** A connection on which this was sent; it is read unless it is paused. Whatever becomes of it is no fault of the test. */
  connect(text: string | Buffer = ''): Socket {
    const { hostname, port } = new URL(this.url);
    const socket = connect(Number(port), hostname);
    this.open.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => this.open.delete(socket));
    socket.resume();
    if (text.length > 0) socket.write(text);
    return socket;
  }

  /** Does it over and over, some at once, until the attack is over. */
  async repeat(atOnce: number, everyMs: number, attack: () => unknown): Promise<void> {
    while (this.isOn) {
      for (let n = 0; n < atOnce; n++) await attack();
      await sleep(everyMs);
    }
  }

  /** Keeps so many connections open: one that is closed under it is opened again. */
  async hold(count: number, attack: () => Socket): Promise<void> {
    const held = new Set<Socket>();
    await this.repeat(1, 500, () => {
      for (const socket of held) if (socket.closed) held.delete(socket);
      while (held.size < count) held.add(attack());
    });
  }

  /** Sends something on all of its connections from time to time. */
  async drip(everyMs: number, text: string): Promise<void> {
    await this.repeat(1, everyMs, () => {
      for (const socket of this.open) if (socket.writable) socket.write(text);
    });
  }

  leave(): void {
    for (const socket of this.open) socket.resetAndDestroy();
  }
}

/** A head, and the body as far as it is sent. */
export const head = (line: string, headers: Record<string, string | number> = {}, body = '') =>
  `${line} HTTP/1.1\r\nHost: x\r\n${Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('')}\r\n${body}`;
