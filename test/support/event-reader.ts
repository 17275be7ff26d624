/** One server-sent event. */
export interface Received {
  event: string;
  id?: string;
  data: any;
}

/** Reads a stream as the HTML standard says, over fetch, so that the credential stays in the header. */
export class EventReader {
  readonly events: Received[] = [];
  lastId?: string;
  retryMs?: number;
  comments = 0;
  status = 0;
  hasEnded = false;
  private readonly abort = new AbortController();

  static async open(url: string, token: string, headers: Record<string, string> = {}): Promise<EventReader> {
    const reader = new EventReader();
    const response = await fetch(url, {
      headers: { authorization: `Bearer ${token}`, ...headers },
      signal: reader.abort.signal,
    });
    reader.status = response.status;
    if (response.status === 200) void reader.read(response.body as ReadableStream<Uint8Array>);
    else reader.events.push({ event: 'refused', data: await response.json() });
    return reader;
  }

  of(event: string): any[] {
    return this.events.filter((each) => each.event === event).map(({ data }) => data);
  }

  close(): void {
    this.abort.abort();
  }

  private async read(body: ReadableStream<Uint8Array>): Promise<void> {
    const text = new TextDecoder();
    let rest = '';
    try {
      for await (const chunk of body) {
        rest += text.decode(chunk, { stream: true });
        const blocks = rest.split('\n\n');
        rest = blocks.pop() as string;
        for (const block of blocks) this.take(block);
      }
    } catch {
      // The connection broke.
    }
    this.hasEnded = true;
  }

  private take(block: string): void {
    const received: Received = { event: 'message', data: undefined };
    for (const line of block.split('\n')) {
      const [name, ...others] = line.split(': ');
      const value = others.join(': ');
      if (line.startsWith(':')) this.comments++;
      else if (name === 'event') received.event = value;
      else if (name === 'id') received.id = this.lastId = value;
      else if (name === 'retry') this.retryMs = Number(value);
      else if (name === 'data') received.data = JSON.parse(value);
    }
    if (received.data !== undefined) this.events.push(received);
  }
}
