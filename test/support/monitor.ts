import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import type { Redis } from 'ioredis';
import { eventually } from './eventually.js';

/** All commands that a server receives. ioredis' own monitor fails on commands that arrive together with the OK. */
export class Monitor {
  /** As Redis prints them: the time, who asks, and the command with its arguments, each in quotes. */
  readonly lines: string[] = [];

  private constructor(private readonly socket: Socket) {
    createInterface(socket).on('line', (line) => this.lines.push(line));
  }

  static async of({ options: { host, port, password } }: Redis): Promise<Monitor> {
    const socket = connect({ host, port: port as number });
    const monitor = new Monitor(socket);
    const said = [...(password ? [`AUTH ${password}`] : []), 'MONITOR'];
    socket.write(said.map((line) => `${line}\r\n`).join(''));
    await eventually(() => monitor.lines.filter((line) => line === '+OK').length === said.length);
    return monitor;
  }

  close(): void {
    this.socket.destroy();
  }
}
