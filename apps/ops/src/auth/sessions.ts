import { createHmac, randomUUID, timingSafeEqual } from 'node:crypto';
import { unauthorized, unavailable } from '@herald/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { jwtVerify, SignJWT } from 'jose';
import { LRUCache } from 'lru-cache';
import type { EndedSessions } from './ended-sessions.js';
import type { OpsUser, OpsUsers } from './ops-users.js';

const COOKIE = 'herald_ops';
const COOKIE_OPTIONS = { path: '/', httpOnly: true, sameSite: 'strict', secure: 'auto' } as const;
const MAX_AGE_SECONDS = 8 * 3600;
const ALGORITHM = 'HS256';
/** Allows for differences between the clocks of replicas. */
const CLOCK_TOLERANCE_SECONDS = 5;
const MAX_LOCAL = 1000;

interface Session {
  id: string;
  issuedAt: number;
  user: OpsUser;
  /** True for a session opened while Redis was down. Only the process that opened it accepts it. */
  local: boolean;
}

/**
 * The login of a person, in a cookie that no script can read and no other site can send. A session is valid on every
 * replica for eight hours, whatever else its token says. It ends with a logout, and when the user is removed or gets
 * another password or role. While Redis is down, ended sessions cannot be recognized: existing sessions are refused,
 * and a new login is valid only in the process that opened it.
 */
export class Sessions {
  private readonly keys: Buffer[];
  private readonly local = new LRUCache<string, true>({ max: MAX_LOCAL, ttl: MAX_AGE_SECONDS * 1000 });

  constructor(
    secrets: string[],
    private readonly users: OpsUsers,
    private readonly ended: EndedSessions,
  ) {
    this.keys = secrets.map((secret) => Buffer.from(secret));
  }

  async open(request: FastifyRequest, reply: FastifyReply, { name }: OpsUser): Promise<void> {
    const id = randomUUID();
    const local = await this.ended.has(id).catch(() => true);
    if (local) this.local.set(id, true);
    const key = this.keys[0] as Buffer;
    const token = await new SignJWT({ stamp: this.stampOf(name, key), ...(local && { local }) })
      .setProtectedHeader({ alg: ALGORITHM })
      .setSubject(name)
      .setJti(id)
      .setIssuedAt()
      .setExpirationTime(`${MAX_AGE_SECONDS} s`)
      .sign(key);
    void reply.setCookie(cookieOf(request), token, { ...COOKIE_OPTIONS, maxAge: MAX_AGE_SECONDS });
  }

  /** @throws Refusal 503 when the end cannot be recorded, so that the session stays open */
  async close(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const session = await this.read(request);
    if (session?.local) this.local.delete(session.id);
    else if (session) await this.end(session);
    void reply.clearCookie(cookieOf(request), COOKIE_OPTIONS);
  }

  /**
   * Returns the user of a valid session, if the request has one.
   * @throws Refusal 401 while Redis is down and an ended session cannot be recognized
   */
  async userOf(request: FastifyRequest): Promise<OpsUser | undefined> {
    const session = await this.read(request);
    if (!session) return undefined;
    const { id, user } = session;
    if (session.local) return this.local.has(id) ? user : undefined;
    const hasEnded = await this.ended.has(id).catch(() => {
      throw unauthorized('Redis is away, so ended sessions cannot be recognized: log in again');
    });
    return hasEnded ? undefined : user;
  }

  /** Returns the session in the cookie if its signature and age are valid. It may have ended. */
  private async read(request: FastifyRequest): Promise<Session | undefined> {
    const token = request.cookies[cookieOf(request)];
    if (!token) return undefined;
    for (const key of this.keys) {
      const verified = await jwtVerify(token, key, {
        algorithms: [ALGORITHM],
        requiredClaims: ['sub', 'jti', 'exp', 'stamp'],
        maxTokenAge: MAX_AGE_SECONDS,
        clockTolerance: CLOCK_TOLERANCE_SECONDS,
      }).catch(() => undefined);
      if (!verified) continue;
      const { sub, jti, iat, stamp, local } = verified.payload;
      const user = this.users.find(sub as string);
      if (!user || !isSame(String(stamp), this.stampOf(user.name, key))) return undefined;
      return { id: jti as string, issuedAt: iat as number, user, local: local === true };
    }
    return undefined;
  }

  private async end({ id, issuedAt }: Session): Promise<void> {
    const secondsLeft = issuedAt + MAX_AGE_SECONDS + 2 * CLOCK_TOLERANCE_SECONDS - Math.floor(Date.now() / 1000);
    await this.ended.add(id, Math.max(1, secondsLeft)).catch(() => {
      throw unavailable('Redis is away, so this session could not be ended: it is still open. Try again');
    });
  }

  /** Returns a value that changes with the user's password and role. */
  private stampOf(name: string, key: Buffer): string {
    return createHmac('sha256', key)
      .update(`user\n${this.users.lineOf(name) ?? ''}`)
      .digest('base64url');
  }
}

const isSame = (one: string, other: string) =>
  one.length === other.length && timingSafeEqual(Buffer.from(one), Buffer.from(other));

/** Over https, browsers accept a cookie with the prefix `__Host-` from this host only. */
const cookieOf = ({ protocol }: FastifyRequest) => (protocol === 'https' ? `__Host-${COOKIE}` : COOKIE);
