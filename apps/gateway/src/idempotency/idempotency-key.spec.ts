import type { FastifyRequest } from 'fastify';
import type { Caller } from '../access/caller.js';
import { IdempotencyKey } from './idempotency-key.js';

const credential: Caller = {
  kind: 'credential',
  credentialId: '0a1b2c3d',
  companyId: '5b0c2c5e-3a55-4d6e-9a2f-0d5f0f5a7c11',
  scopes: [],
  authorLogins: null,
  limitPerMinute: null,
  limitPerHour: null,
  hash: Buffer.alloc(32),
};
const person: Caller = {
  kind: 'person',
  issuer: 'https://id.example.com',
  companyId: '5b0c2c5e-3a55-4d6e-9a2f-0d5f0f5a7c11',
  login: 'ada',
  scopes: [],
  expiresAt: Infinity,
};
const merchant: Caller = { kind: 'merchant', issuer: 'https://id.example.com', merchantId: 17, expiresAt: Infinity };
const message = { title: 'Order 17', body: 'Grüße', authorLogin: 'crm', recipientLogin: 'ada' };

const keyOf = (caller: Caller, body: unknown = { message }) =>
  IdempotencyKey.of({
    method: 'POST',
    url: '/v1/feed/AI/?x=1',
    headers: { 'idempotency-key': '"order-17"' },
    caller,
    body,
  } as unknown as FastifyRequest & { caller: Caller }) as IdempotencyKey;

/** Rows with these ids and hashes are stored: with others, a repetition after an upgrade would be a second request. */
describe('a key that an earlier version stored', () => {
  it.each([
    ['credential', credential, '2e8117c4-4b44-5270-a7d7-6d53701e609e', '48902b08-2e32-5c8d-9798-cd2e7c997abe'],
    ['person', person, 'a522381d-50b9-55b0-9b77-62b2d13aa923', '66df758c-40ba-5040-be6a-f28f1105ec7b'],
    ['merchant', merchant, 'f0746e16-96e6-5fcb-b847-fe66fe8d1284', 'bdc66b8d-bbef-5353-8c39-73bc466cc19a'],
  ])('has the same ids: of a %s', (_, caller, id, second) => {
    const key = keyOf(caller);
    expect([key.id, key.idAt(1)]).toEqual([id, second]);
  });

  it('has the same hash, in whatever order the body names its fields', () => {
    const reversed = Object.fromEntries(Object.entries(message).toReversed());
    for (const body of [{ message }, { message: reversed }]) {
      expect(keyOf(credential, body).hash.toString('hex')).toBe(
        '6ad76c17fb10820faf50a8d202af7f10ede00b7eb8de6f1d709c07ccaa1f0829',
      );
    }
  });
});
