import { createHmac } from 'node:crypto';
import { Database, insertCompany, insertCredential, insertUser, type TokenParts, tokenOf } from '@herald/database';
import { COMPANIES, type DemoCompany, signToken } from '@herald/operator';
import { insertConversations } from './conversations.js';
import { CREDENTIALS } from './credentials.js';
import { insertActions } from './demo-actions.js';

/** The settings for signing the tokens of people and merchants. The gateway gets the same. */
export interface JwtSettings {
  issuer: string;
  userAudience: string;
  merchantAudience: string;
  algorithm: 'HS256';
  secret: string;
}

export interface DemoOptions {
  databaseUrl: string;
  jwt: JwtSettings;
  /** Credentials are derived from it, so that they stay the same after a restart. */
  seed: string;
}

/** The part of demo.json about a company (contracts README, "Demo data"). */
export interface DemoCompanyAccess {
  id: string;
  name: string;
  users: { id: string; login: string; jwt: string }[];
  merchants: { id: number; jwt: string; conversationIds: number[] }[];
  [credential: string]: unknown;
}

export interface Demo {
  companies: DemoCompanyAccess[];
  jwt: JwtSettings;
}

const VALID_FOR_SECONDS = 30 * 24 * 60 * 60;
const ENVIRONMENT = 'demo';

/** Writes the missing demo data and signs the tokens for it. */
export async function loadDemo({ databaseUrl, jwt, seed }: DemoOptions): Promise<Demo> {
  const database = new Database({ url: databaseUrl, applicationName: 'herald-demo', poolSize: 1 });
  try {
    const companies: DemoCompanyAccess[] = [];
    for (const company of COMPANIES) {
      await insertCompanyWithUsers(database, company);
      await insertConversations(database, company);
      companies.push({
        id: company.id,
        name: company.name,
        ...(await insertCredentials(database, company, seed)),
        users: company.users.map(({ id, login }) => ({
          id,
          login,
          jwt: mint(jwt, jwt.userAudience, { sub: login, company_id: company.id }),
        })),
        merchants: company.merchants.map(({ id, conversationIds }) => ({
          id,
          jwt: mint(jwt, jwt.merchantAudience, { merchant_id: id }),
          conversationIds,
        })),
      });
    }
    await insertActions(database);
    return { companies, jwt };
  } finally {
    await database.close();
  }
}

async function insertCompanyWithUsers(database: Database, { id, name, users }: DemoCompany): Promise<void> {
  await insertCompany(database, { id, name });
  for (const user of users) await insertUser(database, { companyId: id, ...user });
}

async function insertCredentials(database: Database, company: DemoCompany, seed: string) {
  const tokens: Record<string, string> = {};
  for (const { key, scopes, unlimited, authorLogins, ended } of CREDENTIALS) {
    const parts = partsOf(seed, `${company.id} ${key}`);
    const past = new Date('2020-01-01T00:00:00Z');
    await insertCredential(database, parts, {
      companyId: company.id,
      name: `${company.name} ${key}`,
      environment: ENVIRONMENT,
      scopes,
      authorLogins,
      ...(unlimited ? { limitPerMinute: 0, limitPerHour: 0 } : {}),
      ...(ended === 'expired' ? { expiresAt: past } : {}),
      ...(ended === 'revoked' ? { revokedAt: past } : {}),
    });
    tokens[key] = tokenOf(parts, ENVIRONMENT);
  }
  return tokens;
}

function partsOf(seed: string, name: string): TokenParts {
  const digest = (part: string) => createHmac('sha256', seed).update(`${part} ${name}`).digest('hex');
  return { id: digest('id').slice(0, 12), secret: digest('secret') };
}

const mint = (jwt: JwtSettings, audience: string, claims: object): string =>
  signToken({ ...jwt, key: jwt.secret }, audience, claims, VALID_FOR_SECONDS);
