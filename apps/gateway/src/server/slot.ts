import type { Socket } from 'node:net';
import { unavailable } from '@herald/contracts';
import type { FastifyReply } from 'fastify';
import type { Caller } from '../access/caller.js';
import type { BodyPace } from './body-pace.js';
import { type Holder, Holders } from './holders.js';

const OVERLOADED = 'Too many requests are in work; try again';
const SHARE_USED = 'Too many of your requests are in work; try again';

/** Methods whose bodies are not waited for. */
const BODYLESS = ['GET', 'HEAD'];

/** The parts of the cap that one caller or address, and one company, may hold. */
export interface Share {
  caller: number;
  company: number;
}

/** The place of a request in progress. It counts against the total, and against its sender. */
export class Slot {
  /** Set while the body arrives. */
  pace?: BodyPace;
  /** True once the response was handed to Node, where it may wait for earlier ones on the connection. */
  isReplied = false;
  weight = 0;
  /** The caller's name, once known. */
  caller?: string;
  /** Ends the caller's turn to read. */
  endTurn?: () => void;
  private against: Holder[] = [];

  /** @param endBy the deadline, on the clock of `performance.now()` */
  constructor(
    readonly socket: Socket,
    readonly reply: FastifyReply,
    readonly endBy: number,
    private readonly holders: Holders,
    private readonly share: Share,
  ) {}

  /** True while work continues, with or without a client. A request with a body counts once the body has arrived. */
  get isInProgress(): boolean {
    const { method = '', complete } = this.reply.request.raw;
    return !this.isReplied && (complete || BODYLESS.includes(method));
  }

  /**
   * Takes one place; the announced length of the body does not count.
   * @throws Refusal 503 above the cap
   */
  enter(all: Holder): void {
    this.take([all]);
  }

  /**
   * Counts the request against its address until the caller is known. Known callers skip this.
   * @throws Refusal 503 when too many unauthenticated requests from there are in progress
   */
  countAgainstAddress(address: string): void {
    this.moveTo([this.holders.of(`address ${address}`, this.share.caller)]);
  }

  /**
   * Counts the request against its caller instead of its address, which many callers behind a proxy may share.
   * @throws Refusal 503 when the caller, or the company, has too much in progress
   */
  countAgainstCaller(caller: Caller): void {
    if (this.weight === 0) return;
    const names = namesOf(caller);
    this.caller = names[0];
    this.moveTo(
      names.map((name, index) => this.holders.of(name, index === 0 ? this.share.caller : this.share.company)),
    );
  }

  /**
   * Raises the weight to that of the body so far.
   * @throws Refusal 503 when there is no room for it
   */
  growTo(weight: number): void {
    // A slot that was given back stays out.
    if (this.weight > 0 && weight > this.weight) this.take(this.against, weight - this.weight);
  }

  /** Gives the place back; has no effect the second time. */
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

/** Returns the name of a caller; no two callers share one. */
export const nameOf = (caller: Caller): string => namesOf(caller)[0] as string;

/** Returns the names of the holders that a caller's requests count against: the caller, and its company. */
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
