import type { Socket } from 'node:net';
import { registerGauge, type Work } from '@herald/bootstrap';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Holders } from './holders.js';
import { type Share, Slot } from './slot.js';
import { Turns } from './turns.js';

/** Requests of one connection that may be in work together: Node starts all that a client sends ahead. */
const MAX_PIPELINED = 32;
/** Less of a small cap would refuse what one page asks for at once. */
const MIN_SHARE = 4;
/** No work takes as long, once a request has arrived. */
const WORK_MS = 30_000;
const LOOK_EVERY_MS = 1000;

/** Whoever asks how the gateway is gets an answer also when it is full; a file from memory is no work. */
const WEIGHTLESS = /^\/(?:(?:health|docs)(?:\/|$)|favicon\.(?:ico|svg)$)/;

declare module 'fastify' {
  interface FastifyInstance {
    inFlight: InFlight;
  }
}

export interface InFlightSettings {
  max: number;
  /** How much of it one caller or address may hold, in percent; a company, midway between that and all. */
  sharePercent: number;
  requestTimeoutMs: number;
  /** Reads of one caller that are in work together. */
  readsAtOnce: number;
}

interface Connection {
  slots: Set<Slot>;
  last?: FastifyReply;
}

/**
 * Requests in work. Above the cap a request is refused before anything is read or looked up, so that those inside are
 * answered as fast as ever, and what is held of their bodies stays bounded.
 *
 * A slot ends as soon as the answer is handed to its connection, whether or not the client reads it. When the connection
 * closes it ends too, or with the work that goes on without a client: hanging up is no way around the cap. In any case it
 * ends at its deadline. No event of the reply tells of a closed connection: on Node 20 an answer that waits for earlier
 * ones never closes.
 */
export class InFlight {
  private readonly slots = new Set<Slot>();
  private readonly connections = new Map<Socket, Connection>();
  private readonly holders = new Holders();
  private readonly all;
  private readonly share: Share;
  private readonly deadlineMs: number;
  private readonly turns: Turns;
  private leftBehind = 0;

  constructor({ max, sharePercent, requestTimeoutMs, readsAtOnce }: InFlightSettings) {
    this.turns = new Turns(readsAtOnce);
    this.all = { name: 'all', limit: max, weight: 0 };
    const of = (percent: number) => Math.max(MIN_SHARE, Math.floor((max * percent) / 100));
    this.share = { caller: of(sharePercent), company: of((100 + sharePercent) / 2) };
    this.deadlineMs = requestTimeoutMs + WORK_MS;
    setInterval(() => this.look(), LOOK_EVERY_MS).unref();
    registerGauge({ name: 'herald_http_requests_in_flight', help: 'requests in work' }, () => [
      { value: this.all.weight },
    ]);
  }

  /**
   * @returns false when too much was sent ahead on its connection, which is closed: a refusal would have to wait for the
   *   answers before it, while Node goes on reading what comes after
   * @throws Refusal 503 above the cap
   */
  enter(request: FastifyRequest, reply: FastifyReply): boolean {
    const { socket } = request.raw;
    const connection = this.connections.get(socket) ?? this.connect(socket);
    if (connection.slots.size === MAX_PIPELINED) {
      socket.destroy();
      return false;
    }
    connection.last = reply;
    const slot = new Slot(socket, reply, performance.now() + this.deadlineMs, this.holders, this.share);
    this.slots.add(slot);
    connection.slots.add(slot);
    reply.raw.once('prefinish', () => this.end(slot));
    request.slot = slot;
    if (!WEIGHTLESS.test(request.routeOptions.url ?? '')) slot.enter(this.all);
    return true;
  }

  /**
   * Waits for its sender's turn, with a request that reads.
   * @returns false when nobody is there any more to read the answer
   */
  async awaitTurn({ slot }: FastifyRequest): Promise<boolean> {
    if (!slot?.caller) return true;
    slot.endTurn = await this.turns.take(slot.caller);
    if (!slot.socket.destroyed) return true;
    this.end(slot);
    return false;
  }

  /** The answer is there; whether its client takes it or has left is the connection's affair. */
  answered({ slot }: FastifyRequest): void {
    if (!slot) return;
    slot.isAnswered = true;
    slot.endTurn?.();
    if (this.connections.has(slot.socket)) return;
    this.leftBehind++;
    this.end(slot);
  }

  /** The reply to the request that is in work on a connection. */
  on(socket: Socket): FastifyReply | undefined {
    const last = this.connections.get(socket)?.last;
    return last?.raw.writableFinished ? undefined : last;
  }

  /** Slots whose connections are gone end with their work; some that stay without end are a fault of this process. */
  progress(): Work {
    let open = 0;
    for (const { slots } of this.connections.values()) for (const slot of slots) open += slot.weight;
    return { finished: this.leftBehind, waits: this.all.weight > open };
  }

  private connect(socket: Socket): Connection {
    const connection: Connection = { slots: new Set() };
    this.connections.set(socket, connection);
    socket.once('close', () => this.disconnect(socket, connection));
    return connection;
  }

  private disconnect(socket: Socket, { slots }: Connection): void {
    this.connections.delete(socket);
    for (const slot of slots) if (!slot.isWorkedOn) this.end(slot);
  }

  private end(slot: Slot): void {
    slot.leave();
    this.slots.delete(slot);
    this.connections.get(slot.socket)?.slots.delete(slot);
  }

  private look(): void {
    const now = performance.now();
    for (const slot of this.slots) {
      slot.pace?.look(now);
      if (now < slot.endBy) continue;
      this.end(slot);
      slot.socket.destroy();
    }
  }
}
