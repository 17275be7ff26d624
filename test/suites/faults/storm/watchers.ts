import { setTimeout as sleep } from 'node:timers/promises';
import { sign } from 'jsonwebtoken';
import { eventually } from '../../../support/eventually.js';
import { EventReader } from '../../../support/event-reader.js';
import type { World } from '../world.js';

const AGAIN_MS = 200;
const CAUGHT_UP_WITHIN_MS = 30_000;

/** Follows a stream through a storm as a careful client does: it goes on at any gateway, after the last event it got. */
class Watcher {
  /** Position and item of each event, in the order in which they came. */
  private readonly got: { position: string; item: string }[] = [];
  private readonly running: Promise<void>;
  private reader?: EventReader;
  private position?: string;
  private resets = 0;
  private turn = 0;
  private stopping = false;

  constructor(
    private readonly urls: string[],
    private readonly path: string,
    private readonly token: string,
    private readonly event: string,
  ) {
    this.running = this.follow();
  }

  /** Resolves when it is open: whatever is written from then on has to come. */
  async begun(): Promise<void> {
    await eventually(() => this.reader?.lastId, 60_000);
  }

  has(item: string): boolean {
    if (this.reader) this.take(this.reader);
    return this.got.some((each) => each.item === item);
  }

  /** Returns what it was sent otherwise than promised. */
  get faults(): string[] {
    const positions = this.got.map(({ position }) => position);
    const doubled = positions.length - new Set(positions).size;
    const changes = positions.map((position) => BigInt(position.split('.')[0] as string));
    const backwards = changes.some((change, index) => index > 0 && change < (changes[index - 1] as bigint));
    return [
      ...(doubled > 0 ? [`${this.path} sent ${doubled} events twice`] : []),
      ...(backwards ? [`${this.path} sent events out of order`] : []),
      ...(this.resets > 0 ? [`${this.path} began anew ${this.resets} times`] : []),
    ];
  }

  async stop(): Promise<void> {
    this.stopping = true;
    this.reader?.close();
    await this.running;
  }

  private async follow(): Promise<void> {
    while (!this.stopping) {
      const url = `${this.urls[this.turn++ % this.urls.length]}${this.path}`;
      const from: Record<string, string> = this.position ? { 'last-event-id': this.position } : {};
      const reader = await EventReader.open(url, this.token, from).catch(() => undefined);
      this.reader = reader;
      if (reader?.status === 200) await eventually(() => reader.hasEnded || this.stopping, 600_000);
      if (reader) this.take(reader);
      await sleep(AGAIN_MS);
    }
  }

  /** Takes over what the stream has sent so far. */
  private take(reader: EventReader): void {
    for (const { event, id, data } of reader.events.splice(0)) {
      if (event === 'reset') this.resets++;
      if (event === this.event) this.got.push({ position: id as string, item: data.id });
    }
    this.position = reader.lastId ?? this.position;
  }
}

/** The streams that are open during a storm. */
export class Watchers {
  private constructor(
    private readonly world: World,
    private readonly feed: Watcher,
    private readonly log: Watcher,
  ) {}

  /** Resolves when the streams have begun: whatever is written from then on has to come. */
  static async begin(world: World): Promise<Watchers> {
    const { company, demo } = world.herald;
    const { issuer, userAudience: audience, algorithm, secret } = demo.jwt;
    const claims = { sub: 'single', company_id: company.id };
    const jwt = sign(claims, secret, { algorithm, issuer, audience, expiresIn: '1d' });
    const feed = new Watcher(world.urls, '/v1/feed/stream', jwt, 'message');
    const log = new Watcher(
      world.urls.toReversed(),
      '/team-notifications/stream',
      world.herald.token('unlimitedApiKey'),
      'notification',
    );
    await feed.begun();
    await log.begun();
    return new Watchers(world, feed, log);
  }

  /** Returns what was missed, doubled or out of order, once everything is quiet. */
  async faults(): Promise<string[]> {
    const { feed, log } = this;
    const messages = await this.idsOf(`select id from feed_messages where recipient_login = 'single'`);
    const actions = await this.idsOf('select id from agent_actions');
    const missing = () => [
      ...messages.filter((id) => !feed.has(id)).map((id) => `the feed's stream missed ${id}`),
      ...actions.filter((id) => !log.has(id)).map((id) => `the log's stream missed ${id}`),
    ];
    await eventually(() => missing().length === 0, CAUGHT_UP_WITHIN_MS).catch(() => undefined);
    await Promise.all([feed.stop(), log.stop()]);
    return [...missing().slice(0, 3), ...feed.faults, ...log.faults];
  }

  private async idsOf(sql: string): Promise<string[]> {
    return (await this.world.herald.query<{ id: string }>(sql)).map(({ id }) => id);
  }
}
