import { hashPassword, MAX_PASSWORD_LENGTH, verifyPassword } from './password.js';

const CHEAP = { N: 2, r: 1, p: 1 };

describe('a password', () => {
  it('is the same in another Unicode spelling', async () => {
    const hash = await hashPassword('é'.repeat(12), CHEAP);
    expect(await verifyPassword('e\u0301'.repeat(12), hash)).toBe(true);
    expect(await verifyPassword('e'.repeat(12), hash)).toBe(false);
  });

  it('of more than a kilobyte is rejected before it is processed', async () => {
    const hash = await hashPassword('x'.repeat(MAX_PASSWORD_LENGTH), CHEAP);
    expect(await verifyPassword('x'.repeat(MAX_PASSWORD_LENGTH), hash)).toBe(true);
    const startedAt = performance.now();
    expect(await verifyPassword('\u0301\u0316'.repeat(200_000), hash)).toBe(false);
    expect(performance.now() - startedAt).toBeLessThan(1000);
    await expect(hashPassword('x'.repeat(MAX_PASSWORD_LENGTH + 1), CHEAP)).rejects.toThrow('too long');
  });
});
