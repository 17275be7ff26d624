import { randomUUID } from 'node:crypto';
import { anyText, cursor, writeCursor } from './query-fields.js';

const ID = randomUUID();

describe('a cursor', () => {
  it.each([
    ['today', '2026-11-29T00:00:00.000Z'],
    ['before 1970', '1969-12-31T23:59:59.999Z'],
    ['the first year', '0001-01-01T00:00:00.000Z'],
    ['of a clock that counts microseconds', '+058880-01-01T00:00:00.000Z'],
    ['the last moment that there is', '+275760-09-13T00:00:00.000Z'],
  ])('that was written can be read: %s', (_, time) => {
    const at = new Date(time);
    expect(cursor.parse(writeCursor({ at, id: ID }))).toEqual({ at, id: ID });
  });

  it.each([
    ['a time before what Postgres can hold', `-210866803200001 ${ID}`],
    ['a time after what a date can hold', `8640000000000001 ${ID}`],
    ['no time', `NaN ${ID}`],
    ['no id', '5'],
    ['half an id', `5 ${ID.slice(1)}`],
  ])('is refused with %s', (_, written) => {
    expect(cursor.safeParse(Buffer.from(written).toString('base64url')).success).toBe(false);
  });
});

describe('a text that is looked for', () => {
  it('is in NFC, and counted in code points', () => {
    expect(anyText.parse('e\u0301')).toBe('é');
    expect(anyText.safeParse('😀'.repeat(1000)).success).toBe(true);
    expect(anyText.safeParse('😀'.repeat(1001)).success).toBe(false);
  });
});
