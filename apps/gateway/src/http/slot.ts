import type { Socket } from 'node:net';
import { unavailable } from '@herald/contracts';
import type { FastifyReply } from 'fastify';
import type { Caller } from '../auth/caller.js';
import type { BodyPace } from './body-pace.js';
import { type Holder, Holders } from './holders.js';

const OVERLOADED = 'Too many requests are in work; try again';
const SHARE_USED = 'Too many of your requests are in work; try again';

/** Their bodies are not waited for. */
const BODYLESS = ['GET', 'HEAD'];

/** The part of the cap that one caller, or one address, may hold. */
export interface Share {
  caller: number;
  company: number;
}

/** The place that a request in work takes. It is held against everybody, and against its sender. */
export class Slot {
  /** While the body arrives. */
  pace?: BodyPace;
  /** Whether the work is done and its answer given to Node, which may have to wait for earlier ones on the connection. */
  isAnswered = false;
  weight = 0;
  /** Whose it is, once that is known. */
  caller?: string;
  /** Ends its sender's turn to read. */
  endTurn?: () => void;
  private against: Holder[] = [];

  /** @param endBy when it ends whatever becomes of its request, by `performance.now()` */
  constructor(
    readonly socket: Socket,
    readonly reply: FastifyReply,
    readonly endBy: number,
    private readonly holders: Holders,
    private readonly share: Share,
  ) {}

  /** Whether work goes on for it, with or without a client: of what reads a body, only once that has arrived. */
  get isWorkedOn(): boolean {
    const { method = '', complete } = this.reply.request.raw;
    return !this.isAnswered && (complete || BODYLESS.includes(method));
  }

  /**
   * Takes one place; whatever a stranger announces, that is what a request weighs.
   * @throws Refusal 503 above the cap
   */
  enter(all: Holder): void {
    this.take([all]);
  }

  /**
   * Held against its address while it is found out whose it is.
   * @throws Refusal 503 when too many strangers from there are in work; who is known already is not asked
   */
  belongToStranger(address: string): void {
    this.moveTo([this.holders.of(`address ${address}`, this.share.caller)]);
  }

  /**
   * Held against its sender from now on, no longer against the address: everybody behind a proxy may share one.
   * @throws Refusal 503 when the sender, or the company, has too much in work
   */
  belongTo(caller: Caller): void {
    if (this.weight === 0) return;
    const names = namesOf(caller);
    this.caller = names[0];
    this.moveTo(
      names.map((name, index) => this.holders.of(name, index === 0 ? this.share.caller : this.share.company)),
    );
  }

  /** @throws Refusal 503 when there is no room for a body that has become so large */
  growTo(weight: number): void {
    // Whoever was given up does not come back in.
    if (this.weight > 0 && weight > this.weight) this.take(this.against, weight - this.weight);
  }

  /** Gives the place back; the second time nothing happens. */
  leave(): void {
    this.endTurn?.();
    for (const holder of this.against) this.holders.change(holder, -this.weight);
    this.weight = 0;
    this.against = [];
  }

  private moveTo(holders: Holder[]): void {
    if (this.weight === 0) return;
    const [all] = this.against as [Holder];
    this.leave();
    this.take([all, ...holders]);
  }

  private take(against: Holder[], more = 1): void {
    const full = against.find((holder) => !Holders.hasRoom(holder, this.weight, more));
    if (full) throw unavailable(full === against[0] ? OVERLOADED : SHARE_USED);
    this.against = against;
    this.weight += more;
    for (const holder of against) this.holders.change(holder, more);
  }
}

/** Whose requests count together: the caller's, and all of the company's. */
function namesOf(caller: Caller): string[] {
  if (caller.kind === 'merchant') return [`merchant ${caller.issuer} ${caller.merchantId}`];
  const company = `company ${caller.companyId}`;
  if (caller.kind === 'credential') return [`credential ${caller.credentialId}`, company];
  return [`person ${caller.issuer} ${caller.companyId} ${caller.login}`, company];
}

declare module 'fastify' {
  interface FastifyRequest {
    slot?: Slot;
  }
}
