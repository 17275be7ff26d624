import { badRequest, tooManyRequests, unavailable } from '@herald/contracts';
import { changedAudiences, currentPosition, Database, readPosition } from '@herald/database';
import { type Announcement, Announcements, UNHEARD_MS } from '@herald/queue';
import { type BeforeApplicationShutdown, Inject, Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CredentialStore } from '../access/credential.store.js';
import type { Caller } from '../access/caller.js';
import type { GatewayEnv } from '../gateway.env.js';
import { nameOf } from '../server/slot.js';
import { Turns } from '../server/turns.js';
import { EventStream, writeBeat, writeEvent } from './event-stream.js';
import { Horizon } from './horizon.js';
import type { Source } from './source.js';
import type { StreamParams } from './stream.params.js';
import { delay, eventsSent, readersCut, registerOpenStreams } from './stream-metrics.js';
import { type Reader, Topic, type TopicOptions } from './topic.js';

const MAX_OF_ONE_CALLER = 10;
export const TOO_MANY_STREAMS = `At most ${MAX_OF_ONE_CALLER} streams may be open at once`;
export const STREAMS_FULL = 'Too many streams are open; try again';
const LOOK_EVERY_MS = 900;
const HEARTBEAT_MS = 20_000;
/** Reads of all streams at once; requests have the other connections to Postgres. */
const READS_AT_ONCE = 4;
/** Covers announcements that were lost. */
const POLL_EVERY_MS = 3000;
/** Spread over this time, the readers of a gateway that stops do not all come to another at once. */
const RECONNECT_WITHIN_MS = 2000;

/** An open stream: its reader, and how long it may go on. */
interface Open extends Reader {
  holder: string;
  caller: Caller;
  stream: EventStream;
  topic: Topic;
  beatAt: number;
}

/**
 * All open streams of this gateway. Workers announce what they commit, which wakes the topics concerned; Postgres says
 * what changed. Announcements may be lost, so one question for all streams together is asked every few seconds.
 */
@Injectable()
export class Streams implements OnModuleInit, BeforeApplicationShutdown {
  private readonly open = new Set<Open>();
  private readonly topics = new Map<string, Topic>();
  private readonly byAudience = new Map<string, Set<Topic>>();
  private readonly ofHolder = new Map<string, number>();
  private announcements: Announcements;
  private timers: NodeJS.Timeout[] = [];
  private polledUntil?: string;
  private stopping = false;
  private readonly shared: TopicOptions;

  constructor(
    private readonly database: Database,
    private readonly credentials: CredentialStore,
    @Inject('GATEWAY_ENV') private readonly settings: GatewayEnv,
  ) {
    this.shared = {
      turns: new Turns(READS_AT_ONCE),
      horizon: new Horizon(database),
      logger: new Logger('streams'),
      onSent: recordSent,
    };
  }

  onModuleInit(): void {
    const { REDIS_URL: redis, QUEUE_NAMESPACE: namespace } = this.settings;
    this.announcements = new Announcements(
      { redis, namespace },
      {
        onAnnouncement: (announcement) => this.wake(announcement),
        // After a reconnect the next poll finds what was announced meanwhile.
        onGap: () => void this.poll(),
      },
    );
    this.timers = [
      setInterval(() => void this.look(), LOOK_EVERY_MS),
      setInterval(() => void this.poll(), POLL_EVERY_MS),
    ];
    registerOpenStreams(() => this.open.size);
  }

  /**
   * Opens a stream on the response of a request. `Last-Event-ID`, as a header or as `?last_event_id=`, says where it
   * goes on.
   * @throws Refusal 429 when the caller has too many streams open, 503 when the gateway has, or stops
   */
  start(request: FastifyRequest, reply: FastifyReply, source: Source): void {
    const caller = request.caller as Caller;
    const holder = nameOf(caller);
    this.refuseTooMany(holder);
    // It would wait for the answers before it, and nobody would read it.
    if (!reply.raw.socket) throw badRequest('A stream needs a connection without other requests before it');
    const stream = new EventStream(reply);
    stream.start();
    request.isStream = true;
    request.server.inFlight.release(request);
    if (request.method === 'HEAD') return stream.end();
    const given = lastEventIdOf(request);
    const position = given === undefined ? undefined : readPosition(given, source.ids);
    const opened: Open = {
      holder,
      caller,
      stream,
      position,
      eventOf: (item) => source.eventOf(item),
      topic: this.topicOf(source),
      beatAt: performance.now() + HEARTBEAT_MS,
      send: (events) => {
        opened.beatAt = performance.now() + HEARTBEAT_MS;
        if (stream.send(events)) return;
        readersCut.inc();
        this.forget(opened);
      },
      drained: () => stream.drained(),
    };
    if (this.open.size === 0) this.listen();
    this.open.add(opened);
    this.ofHolder.set(holder, (this.ofHolder.get(holder) ?? 0) + 1);
    reply.raw.once('close', () => this.forget(opened));
    if (reply.raw.socket.destroyed) return this.forget(opened);
    // A position that cannot be read is like one that is too old.
    if (given !== undefined && !position) opened.send(writeEvent('reset', {}));
    opened.topic.join(opened);
  }

  beforeApplicationShutdown(): void {
    this.stopping = true;
    for (const timer of this.timers) clearInterval(timer);
    this.announcements.close();
    for (const { stream } of this.open) stream.end(Math.ceil(Math.random() * RECONNECT_WITHIN_MS));
  }

  /** Commits made before all workers know that somebody listens are not announced; the poll finds them. */
  private listen(): void {
    void this.announcements.listen();
    setTimeout(() => void this.poll(), UNHEARD_MS).unref();
  }

  private close(opened: Open): void {
    opened.stream.end();
    this.forget(opened);
  }

  private refuseTooMany(holder: string): void {
    if (this.stopping) throw unavailable('This gateway stops; try again');
    if ((this.ofHolder.get(holder) ?? 0) >= MAX_OF_ONE_CALLER) {
      throw tooManyRequests(TOO_MANY_STREAMS, 1);
    }
    if (this.open.size >= this.settings.MAX_STREAMS) throw unavailable(STREAMS_FULL);
  }

  private topicOf(source: Source): Topic {
    const known = this.topics.get(source.key);
    if (known) return known;
    const topic = new Topic(source, this.shared);
    this.topics.set(source.key, topic);
    const others = this.byAudience.get(source.audience) ?? new Set();
    this.byAudience.set(source.audience, others.add(topic));
    return topic;
  }

  private forget(opened: Open): void {
    const { holder, topic } = opened;
    if (!this.open.delete(opened)) return;
    const left = (this.ofHolder.get(holder) ?? 1) - 1;
    if (left > 0) this.ofHolder.set(holder, left);
    else this.ofHolder.delete(holder);
    topic.leave(opened);
    if (!topic.isEmpty) return;
    const { key, audience } = topic.source;
    this.topics.delete(key);
    const others = this.byAudience.get(audience);
    others?.delete(topic);
    if (others?.size === 0) this.byAudience.delete(audience);
  }

  private wake({ audiences, at }: Announcement): void {
    for (const audience of audiences) {
      for (const topic of this.byAudience.get(audience) ?? []) topic.wake(at);
    }
  }

  /** Asks Postgres once, for all streams, whose changes no announcement may have told of. */
  private async poll(): Promise<void> {
    if (this.byAudience.size === 0) return void (this.polledUntil = undefined);
    try {
      const { change: until } = await currentPosition(this.database);
      const after = this.polledUntil;
      if (after === until) return;
      const wanted = [...this.byAudience.keys()];
      // Nothing is known of the time before the first poll, so all look.
      const changed = after ? await changedAudiences(this.database, after, until, wanted) : wanted;
      this.polledUntil = until;
      const audiences = new Set(changed);
      for (const topic of this.topics.values()) {
        if (after && !audiences.has(topic.source.audience)) topic.skip(after, until);
      }
      this.wake({ audiences: changed, at: Date.now() });
    } catch {
      // After a long gap nobody can say cheaply what changed, so all look.
      this.polledUntil = undefined;
    }
  }

  /** Ends the streams whose JWT or credential is valid no longer, and lets the others beat. */
  private async look(): Promise<void> {
    if (this.open.size > 0) void this.announcements.listen();
    const revoked = await this.revoked();
    const [now, clock] = [performance.now(), Date.now()];
    for (const opened of this.open) {
      const { caller, topic } = opened;
      const isOver = caller.kind === 'credential' ? revoked.has(caller.credentialId) : caller.expiresAt <= clock;
      if (isOver) this.close(opened);
      else if (opened.beatAt <= now) opened.send(writeBeat(topic.positionOf(opened)));
    }
  }

  private async revoked(): Promise<Set<string>> {
    const hashes = new Map<string, Buffer>();
    for (const { caller } of this.open) if (caller.kind === 'credential') hashes.set(caller.credentialId, caller.hash);
    if (hashes.size === 0) return new Set();
    try {
      return await this.credentials.findInvalid(hashes);
    } catch {
      // While Postgres is away nothing is known of it, and nothing can be read.
      return new Set();
    }
  }
}

/** @param since time of the commit; undefined for what a stream had missed */
function recordSent(events: number, since?: number): void {
  eventsSent.inc({ kind: since === undefined ? 'replayed' : 'live' }, events);
  if (since !== undefined) delay.observe(Math.max(0, Date.now() - since) / 1000);
}

/** The header wins; clients that cannot set one name it in the query string. */
function lastEventIdOf({ headers, query }: FastifyRequest): string | undefined {
  const id = headers['last-event-id'] ?? (query as StreamParams).last_event_id;
  return id === undefined || id === '' ? undefined : id.toString();
}
