import { randomUUID } from 'node:crypto';
import { delivery } from './delivery.contract.js';
import { readJob } from './read-job.js';

const { deliver } = delivery.jobs;
const message = { title: 't', body: 'b', authorLogin: 'a', recipientLogin: 'r' };
const read = (data: unknown) => () => readJob(deliver, { queue: 'delivery', job: 'deliver', data });
const aJob = (body: unknown) => ({ correlationId: randomUUID(), companyId: randomUUID(), body });
const nested = (depth: number): unknown => JSON.parse('['.repeat(depth) + ']'.repeat(depth));

describe('the data of a job', () => {
  it('may be as large as a message can be', () => {
    expect(read(aJob({ message, metadata: { a: 'x'.repeat(4000) } }))()).toMatchObject({ body: { message } });
  });

  it.each([
    ['a megabyte of text', aJob({ message: { ...message, title: 'x'.repeat(1_000_000) } }), 'at most 512 KiB'],
    [
      'a megabyte of marks',
      aJob({ message: { ...message, title: '\u0301\u0316'.repeat(250_000) } }),
      '512 KiB|characters',
    ],
    [
      '600,000 numbers',
      aJob({ message, metadata: { a: Array.from({ length: 600_000 }, () => 1) } }),
      'at most 512 KiB',
    ],
    ['a long name', aJob({ ['x'.repeat(600_000)]: 1 }), 'at most 512 KiB'],
    ['100,000 levels', aJob(nested(100_000)), 'at most 66 levels deep'],
  ])('is refused for its size before its contract checks it: %s', (_, data, says) => {
    const startedAt = performance.now();
    expect(read(data)).toThrow(new RegExp(says));
    expect(performance.now() - startedAt).toBeLessThan(2000);
  });

  it('is refused with its first faults only, worded as for clients', () => {
    expect(read({})).toThrow('correlationId must be a UUID; companyId must be a UUID; body is required');
    const stray = Object.fromEntries(Array.from({ length: 20_000 }, (_, n) => [`stray${n}`, 1]));
    expect(read(aJob({ message, ...stray }))).toThrow(/^body\.stray0 is not a known field;.{0,2000}; and 19980 more$/);
  });
});
