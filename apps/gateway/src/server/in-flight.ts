import type { Socket } from 'node:net';
import { registerGauge, type Work } from '@herald/bootstrap';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Holders } from './holders.js';
import { type Share, Slot } from './slot.js';
import { Turns } from './turns.js';

/** Requests of one connection that may be in progress together: Node starts all that a client pipelines. */
const MAX_PIPELINED = 32;
/** A smaller share would refuse the requests that one page makes at the same time. */
const MIN_SHARE = 4;
/** No work takes longer, once a request has arrived. */
const WORK_MS = 30_000;
const LOOK_EVERY_MS = 1000;

/** Health checks get a response even from a full gateway, and files from memory cost nothing. */
const WEIGHTLESS = /^\/(?:(?:health|docs)(?:\/|$)|favicon\.(?:ico|svg)$)/;

declare module 'fastify' {
  interface FastifyInstance {
    inFlight: InFlight;
  }
}

export interface InFlightSettings {
  max: number;
  /** Percentage of `max` that one caller or address may hold; a company may hold midway between that and all. */
  sharePercent: number;
  requestTimeoutMs: number;
  /** Reads of one caller that may be in progress together. */
  readsAtOnce: number;
}

interface Connection {
  slots: Slot[];
  last?: FastifyReply;
}

/**
 * Bounds the requests in progress. Above the cap a request is refused before anything is read or looked up, so that the
 * others are answered as fast as ever and the memory for their bodies stays bounded.
 *
 * A slot ends as soon as the response is handed to its connection, whether or not the client reads it. When the
 * connection closes, the slot ends too, or with the work that continues without a client: hanging up does not bypass
 * the cap. It always ends at its deadline. The reply has no reliable close event: on Node 20 a response that waits for
 * earlier ones never closes.
 */
export class InFlight {
  private readonly connections = new Map<Socket, Connection>();
  /** Slots of work that continues without a client. */
  private readonly abandoned = new Set<Slot>();
  private readonly holders = new Holders();
  private readonly all;
  private readonly share: Share;
  private readonly deadlineMs: number;
  private readonly turns: Turns;
  private finishedAlone = 0;

  constructor({ max, sharePercent, requestTimeoutMs, readsAtOnce }: InFlightSettings) {
    this.turns = new Turns(readsAtOnce);
    this.all = { name: 'all', limit: max, weight: 0 };
    const shareOf = (percent: number) => Math.max(MIN_SHARE, Math.floor((max * percent) / 100));
    this.share = { caller: shareOf(sharePercent), company: shareOf((100 + sharePercent) / 2) };
    this.deadlineMs = requestTimeoutMs + WORK_MS;
    setInterval(() => this.look(), LOOK_EVERY_MS).unref();
    registerGauge({ name: 'herald_http_requests_in_flight', help: 'requests in work' }, () => [
      { value: this.all.weight },
    ]);
  }

  /**
   * Opens a slot for a request.
   * @returns false when the client pipelined too much: its connection is closed, because a refusal would have to wait
   *   for the responses before it, while Node goes on reading
   * @throws Refusal 503 above the cap
   */
  enter(request: FastifyRequest, reply: FastifyReply): boolean {
    const { socket } = request.raw;
    const connection = this.connections.get(socket) ?? this.connect(socket);
    if (connection.slots.length === MAX_PIPELINED) {
      socket.destroy();
      return false;
    }
    connection.last = reply;
    const slot = new Slot(socket, reply, performance.now() + this.deadlineMs, this.holders, this.share);
    connection.slots.push(slot);
    reply.raw.once('prefinish', () => this.end(slot));
    // An idle connection must not keep its last request in memory.
    reply.raw.once('finish', () => {
      if (connection.last === reply) connection.last = undefined;
    });
    request.slot = slot;
    if (!WEIGHTLESS.test(request.routeOptions.url ?? '')) slot.enter(this.all);
    return true;
  }

  /**
   * Waits until the caller of a reading request may read.
   * @returns false when the client has gone meanwhile
   */
  async awaitTurn({ slot }: FastifyRequest): Promise<boolean> {
    if (!slot?.caller) return true;
    slot.endTurn = await this.turns.take(slot.caller);
    if (!slot.socket.destroyed) return true;
    this.end(slot);
    return false;
  }

  /** Ends the work of a request whose response is ready. Its slot ends when the connection takes the response. */
  markReplied({ slot }: FastifyRequest): void {
    if (!slot) return;
    slot.isReplied = true;
    slot.endTurn?.();
    if (this.connections.has(slot.socket)) return;
    this.finishedAlone++;
    this.end(slot);
  }

  /** Ends the slot of a request whose response goes on for long, under limits of its own. */
  release({ slot }: FastifyRequest): void {
    if (slot) this.end(slot);
  }

  /** Returns the reply to the request that is in progress on a connection. */
  replyOn(socket: Socket): FastifyReply | undefined {
    return this.connections.get(socket)?.last;
  }

  /** Reports work without a connection. Its slots end with the work; if some never end, this process is at fault. */
  progress(): Work {
    let open = 0;
    for (const { slots } of this.connections.values()) for (const slot of slots) open += slot.weight;
    return { finished: this.finishedAlone, waits: this.all.weight > open };
  }

  private connect(socket: Socket): Connection {
    const connection: Connection = { slots: [] };
    this.connections.set(socket, connection);
    socket.once('close', () => this.disconnect(socket, connection));
    return connection;
  }

  private disconnect(socket: Socket, { slots }: Connection): void {
    this.connections.delete(socket);
    for (const slot of slots) {
      if (slot.isInProgress) this.abandoned.add(slot);
      else slot.leave();
    }
  }

  private end(slot: Slot): void {
    slot.leave();
    const slots = this.connections.get(slot.socket)?.slots;
    if (!slots) return void this.abandoned.delete(slot);
    const at = slots.indexOf(slot);
    if (at >= 0) slots.splice(at, 1);
  }

  private look(): void {
    const now = performance.now();
    const ofConnections = [...this.connections.values()].flatMap(({ slots }) => slots);
    for (const slot of [...ofConnections, ...this.abandoned]) {
      slot.pace?.check(now);
      if (now < slot.endBy) continue;
      this.end(slot);
      slot.socket.destroy();
    }
  }
}
