import { open, readFile, type FileHandle } from 'node:fs/promises';

export type Slice = 'delivery' | 'agent-actions' | 'merchant-answers';

/** An operation about to be sent; written before it is sent. */
export interface Intent {
  /** Stands in the content as `#serial#`, so that an effect shows its cause. */
  serial: string;
  slice: Slice;
  /** The way in: `single`, `batch`, `job`, or a command's name. */
  door: string;
  /** Decides how the checker looks for its effect. */
  kind: 'message' | 'conversation' | 'answer' | 'delete' | 'status' | 'read-all';
  /** Exactly what must be stored. */
  content: string;
  /** Serial of the message that a command is about; what else the checker needs of it. */
  target?: string;
}

/**
 * `acked`: it was told that it is done; `refused`: told that nothing was done; `unknown`: told nothing, or that nobody
 * knows.
 */
export type Outcome = 'acked' | 'refused' | 'unknown';

export interface Entry extends Intent {
  outcome: Outcome;
  id?: string;
  verdict?: unknown;
  /** The reason for the outcome: a status, or how the connection ended. */
  reason?: string;
}

/** An event as its consumer got it. */
export interface HeardEvent {
  id: string;
  job: string;
  question: string;
  answer?: string;
}

type Line =
  | { intent: Intent }
  | { serial: string; outcome: Outcome; id?: string; verdict?: unknown; reason?: string }
  | { lostWithRedis: string[] }
  | { event: HeardEvent };

/** The client's own record of intents and results, on disk before it goes on. */
export class Ledger {
  private readonly serials = new Map<string, number>();
  private waiting: { line: string; resolve: () => void; reject: (error: unknown) => void }[] = [];
  private writing = false;

  private constructor(
    private readonly path: string,
    private readonly file: FileHandle,
  ) {}

  static async open(path: string): Promise<Ledger> {
    return new Ledger(path, await open(path, 'a'));
  }

  /** Notes what is about to be sent, under a serial of its own. `content` is given the serial's mark. */
  async intend({ content, ...rest }: Omit<Intent, 'serial' | 'content'> & { content: (mark: string) => string }) {
    const prefix = rest.slice[0] as string;
    const number = (this.serials.get(prefix) ?? 0) + 1;
    this.serials.set(prefix, number);
    const serial = `${prefix}${number}`;
    const intent: Intent = { ...rest, serial, content: content(`#${serial}#`) };
    await this.append({ intent });
    return intent;
  }

  settle(serial: string, outcome: Outcome, more: { id?: string; verdict?: unknown; reason?: string } = {}) {
    return this.append({ serial, outcome, ...more });
  }

  /** Direct jobs, by id, that stood unfinished in a Redis that lost them. */
  loseWithRedis(jobIds: string[]): Promise<void> {
    return this.append({ lostWithRedis: jobIds });
  }

  hear(event: HeardEvent): Promise<void> {
    return this.append({ event });
  }

  /** The number of operations. */
  get size(): number {
    return [...this.serials.values()].reduce((sum, count) => sum + count, 0);
  }

  /** Reads the file back: what is not on disk did not happen. */
  async read(): Promise<{ entries: Entry[]; lostWithRedis: string[]; events: HeardEvent[] }> {
    const entries = new Map<string, Entry>();
    const lostWithRedis: string[] = [];
    const events: HeardEvent[] = [];
    for (const text of (await readFile(this.path, 'utf8')).trimEnd().split('\n')) {
      if (text === '') continue;
      const line = JSON.parse(text) as Line;
      if ('intent' in line) entries.set(line.intent.serial, { ...line.intent, outcome: 'unknown' });
      else if ('event' in line) events.push(line.event);
      else if ('lostWithRedis' in line) lostWithRedis.push(...line.lostWithRedis);
      else Object.assign(entries.get(line.serial) as Entry, line);
    }
    return { entries: [...entries.values()], lostWithRedis, events };
  }

  async close(): Promise<void> {
    await this.file.close();
  }

  private append(line: Line): Promise<void> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ line: `${JSON.stringify(line)}\n`, resolve, reject });
      void this.write();
    });
  }

  /** Entries that come while the disk is busy share the next fsync. */
  private async write(): Promise<void> {
    if (this.writing) return;
    this.writing = true;
    while (this.waiting.length > 0) {
      const lines = this.waiting;
      this.waiting = [];
      try {
        await this.file.appendFile(lines.map(({ line }) => line).join(''));
        await this.file.datasync();
        for (const { resolve } of lines) resolve();
      } catch (error) {
        for (const { reject } of lines) reject(error);
      }
    }
    this.writing = false;
  }
}
