import { createHash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { jwtVerify, SignJWT } from 'jose';
import type { OpsUser, OpsUsers } from './ops-users.js';

const COOKIE = 'herald_ops';
const HOURS = 8;
const ALGORITHM = 'HS256';

/**
 * A person's login, in a cookie that no script reads and no other site sends. It is signed with a key made of the users'
 * hashes: it holds on every replica, and ends when somebody's password or role is changed.
 */
export class Sessions {
  private readonly key: Buffer;

  constructor(private readonly users: OpsUsers) {
    this.key = createHash('sha256').update('herald ops sessions\n').update(users.fingerprint).digest();
  }

  async open(request: FastifyRequest, reply: FastifyReply, { name }: OpsUser): Promise<void> {
    const token = await new SignJWT()
      .setProtectedHeader({ alg: ALGORITHM })
      .setSubject(name)
      .setIssuedAt()
      .setExpirationTime(`${HOURS} h`)
      .sign(this.key);
    this.setCookie(request, reply, token, HOURS * 3600);
  }

  close(request: FastifyRequest, reply: FastifyReply): void {
    this.setCookie(request, reply, '', 0);
  }

  /** Who this session belongs to; undefined when there is none that is valid. */
  async userOf({ headers }: FastifyRequest): Promise<OpsUser | undefined> {
    const token = new RegExp(`(?:^|; )${COOKIE}=([\\w.-]+)`).exec(headers.cookie ?? '')?.[1];
    if (!token) return undefined;
    const session = await jwtVerify(token, this.key, { algorithms: [ALGORITHM], requiredClaims: ['sub', 'exp'] }).catch(
      () => undefined,
    );
    return session && this.users.find(session.payload.sub as string);
  }

  private setCookie({ protocol }: FastifyRequest, reply: FastifyReply, value: string, maxAge: number): void {
    const secure = protocol === 'https' ? '; Secure' : '';
    void reply.header(
      'Set-Cookie',
      `${COOKIE}=${value}; Max-Age=${maxAge}; Path=/; HttpOnly; SameSite=Strict${secure}`,
    );
  }
}
