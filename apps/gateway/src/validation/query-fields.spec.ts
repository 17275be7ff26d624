import { randomUUID } from 'node:crypto';
import { check, Dto } from '@herald/contracts';
import { IsCursor, IsWord, writeCursor } from './query-fields.js';

@Dto()
class Params {
  @IsCursor()
  cursor: unknown;

  @IsWord()
  word: string;
}

const read = (given: Partial<Params>) =>
  check(Params, { word: 'x', cursor: writeCursor({ at: new Date(), id: ID }), ...given });

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
    expect(read({ cursor: writeCursor({ at, id: ID }) }).value?.cursor).toEqual({ at, id: ID });
  });

  it.each([
    ['a time before what Postgres can hold', `-210866803200001 ${ID}`],
    ['a time after what a date can hold', `8640000000000001 ${ID}`],
    ['no time', `NaN ${ID}`],
    ['no id', '5'],
    ['half an id', `5 ${ID.slice(1)}`],
  ])('is refused with %s', (_, written) => {
    expect(read({ cursor: Buffer.from(written).toString('base64url') }).issues).toHaveLength(1);
  });
});

describe('a text to search for', () => {
  it('is in NFC, and counted in code points', () => {
    expect(read({ word: 'e\u0301' }).value?.word).toBe('é');
    expect(read({ word: '😀'.repeat(1000) }).issues).toBeUndefined();
    expect(read({ word: '😀'.repeat(1001) }).issues).toHaveLength(1);
  });
});
