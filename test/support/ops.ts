import type { Herald } from './herald.js';
import { basic } from './ops-users.js';

export interface OpsAnswer {
  status: number;
  headers: Headers;
  text: string;
}

/** Ops as somebody with a name and password sees it; without one, as a stranger. */
export class Ops {
  constructor(
    private readonly herald: Herald,
    private readonly name?: 'ada' | 'vera',
    private readonly service = 'ops',
  ) {}

  get url(): string {
    return this.herald.service(this.service).url;
  }

  get(path: string, headers: Record<string, string> = {}): Promise<OpsAnswer> {
    return this.ask('GET', path, undefined, headers);
  }

  /** Sends a form, as a page of ops would; `id` may be repeated. */
  post(path: string, fields: [string, string][] = [], headers: Record<string, string> = {}): Promise<OpsAnswer> {
    return this.ask('POST', path, new URLSearchParams(fields), headers);
  }

  async ask(
    method: string,
    path: string,
    body?: string | URLSearchParams,
    headers: Record<string, string> = {},
  ): Promise<OpsAnswer> {
    const response = await fetch(this.url + path, {
      method,
      body,
      redirect: 'manual',
      headers: { accept: 'text/html', ...(this.name ? { authorization: basic(this.name) } : {}), ...headers },
    });
    return { status: response.status, headers: response.headers, text: await response.text() };
  }
}

/** A dead letter as a worker leaves it; a test names only what matters to it. Returns its id. */
export async function aDeadLetter(herald: Herald, given: Record<string, unknown> = {}): Promise<string> {
  const letter = {
    queue: 'delivery',
    job: 'deliver',
    correlation_id: crypto.randomUUID(),
    company_id: herald.company.id,
    content: '{}',
    error: 'broken',
    history: '[]',
    ...given,
  };
  const columns = Object.keys(letter);
  const [made] = await herald.query<{ id: string }>(
    `insert into dead_letters (${columns.join(', ')}, accepted_at, queued_at)
     values (${columns.map((_, n) => `$${n + 1}`).join(', ')}, now(), now()) returning id`,
    Object.values(letter),
  );
  return made!.id;
}
