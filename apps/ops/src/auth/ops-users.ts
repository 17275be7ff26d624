import { createHmac, randomBytes } from 'node:crypto';
import { isPasswordHash, MAX_PASSWORD_LENGTH, verifyPassword } from '@herald/bootstrap';
import { z } from 'zod';

/** A `viewer` sees the state of the queues, and only the ids of messages. An `admin` sees and changes everything. */
export const ROLES = ['viewer', 'admin'] as const;
export type Role = (typeof ROLES)[number];

export interface OpsUser {
  name: string;
  role: Role;
}

interface KnownUser extends OpsUser {
  passwordHash: string;
}

const ENTRY = /^([\w.@-]{1,100}):(viewer|admin):(\S+)$/;

function parse(text: string): KnownUser[] | undefined {
  const users = text
    .split(/[\s,]+/)
    .filter(Boolean)
    .map((entry) => {
      const [, name, role, passwordHash] = ENTRY.exec(entry) ?? [];
      return name && passwordHash && isPasswordHash(passwordHash)
        ? { name, role: role as Role, passwordHash }
        : undefined;
    });
  const known = users.filter((user) => user !== undefined);
  const names = new Set(known.map(({ name }) => name));
  return known.length > 0 && names.size === users.length ? known : undefined;
}

/** Users, one per line or separated by commas: `name:role:hash`, as `herald ops-user` prints them. */
export const opsUsers = z
  .string({ error: 'must be set: one line of `herald ops-user` for each user' })
  .transform(parse)
  .refine((users) => users !== undefined, {
    error: 'must be lines of name:viewer:hash or name:admin:hash, as `herald ops-user` prints them, each name once',
  });

/** Passwords verified in parallel. Hashing is slow on purpose, so further logins are refused. */
const MAX_AT_ONCE = 8;

export class TooManyLogins extends Error {}

/** The people and programs that may use ops. */
export class OpsUsers {
  private readonly users: Map<string, KnownUser>;
  private readonly standInKey = randomBytes(32);
  private verifying = 0;

  constructor(users: KnownUser[]) {
    this.users = new Map(users.map((user) => [user.name, user]));
  }

  /** Returns the user with the current role, whatever a session says; undefined when there is no such user. */
  find(name: string): OpsUser | undefined {
    const user = this.users.get(name);
    return user && { name: user.name, role: user.role };
  }

  /**
   * Returns the user with this name and password, if there is one.
   * @throws TooManyLogins when too many are being verified
   */
  async verify(name: string, password: string): Promise<OpsUser | undefined> {
    if (password.length > MAX_PASSWORD_LENGTH) return undefined;
    if (this.verifying >= MAX_AT_ONCE) throw new TooManyLogins();
    this.verifying++;
    try {
      const user = this.users.get(name);
      // An unknown name takes as long as a wrong password.
      const matches = await verifyPassword(password, (user ?? this.standInFor(name)).passwordHash);
      return user && matches ? this.find(name) : undefined;
    } finally {
      this.verifying--;
    }
  }

  /** Returns the same user each time for an unknown name, because the cost of verifying may differ between hashes. */
  private standInFor(name: string): KnownUser {
    const users = [...this.users.values()];
    const number = createHmac('sha256', this.standInKey).update(name).digest().readUInt32BE();
    return users[number % users.length] as KnownUser;
  }

  /** Returns the user's line in OPS_USERS. It changes with the password and the role. */
  lineOf(name: string): string | undefined {
    const user = this.users.get(name);
    return user && `${user.name}:${user.role}:${user.passwordHash}`;
  }
}
