import { RecordAction } from './agent-actions.dto.js';
import { check } from './dto.js';

const checked = (changes: object) =>
  check(RecordAction, { notification_type: 'system', title: 'x', message: 'x', ...changes });

it('accepts an address with a Latin-1 letter, even after the engine has optimized the check', () => {
  const taken = Array.from({ length: 20_000 }, () => checked({ action_url: 'https://é.example' }).issues === undefined);
  expect(taken).not.toContain(false);
});

describe('metadata', () => {
  const TOO_LARGE = [{ path: ['metadata'], message: 'must be at most 4096 bytes of JSON' }];
  const bytesOf = (value: object) => Buffer.byteLength(JSON.stringify(value));
  const filled = (metadata: object, bytes: number) => ({
    ...metadata,
    rest: 'x'.repeat(bytes - bytesOf({ ...metadata, rest: '' })),
  });

  it.each(['agent_id', 'query_id', 'tool_used'])('may be 4 KiB as it is stored: %s grows in NFC', (key) => {
    const known = { [key]: '\u0344'.repeat(100) };
    const growth = bytesOf({ [key]: '\u0344'.repeat(100).normalize('NFC') }) - bytesOf(known);
    expect(growth).toBeGreaterThan(0);
    expect(checked({ metadata: filled(known, 4096 - growth) }).issues).toBeUndefined();
    expect(checked({ metadata: filled(known, 4097 - growth) }).issues).toEqual(TOO_LARGE);
  });

  it('may be 4 KiB as received, even if it is shorter in NFC', () => {
    const metadata = { tool_used: 'e\u0301'.repeat(1400) };
    expect(bytesOf({ tool_used: metadata.tool_used.normalize('NFC') })).toBeLessThan(4096);
    expect(checked({ metadata }).issues).toEqual(TOO_LARGE);
  });
});
