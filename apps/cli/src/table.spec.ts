import { table } from './table.js';

const widest = (text: string) => Math.max(...text.split('\n').map(({ length }) => length));
const id = '123e4567-e89b-12d3-a456-426614174001';

it('gives each column the width that it needs', () => {
  expect(
    table(
      ['id', 'name'],
      [
        [id, 'Acme'],
        ['7', 'a\u001b[31m\nb'],
      ],
    ),
  ).toBe([`id${' '.repeat(36)}name`, `${id}  Acme`, `7${' '.repeat(37)}a [31m b`].join('\n'));
});

it('wraps the widest cells between words where a line would be longer than 120 characters', () => {
  const error = 'the database could not do this, '.repeat(3).trim();
  const text = table(['id', 'correlationId', 'error'], [[id, id, error]]);
  expect(widest(text)).toBeLessThanOrEqual(120);
  expect(
    text
      .split('\n')
      .slice(1)
      .map((line) => line.slice(76).trim())
      .join(' '),
  ).toBe(error);
  expect(text).toContain(`${id}  ${id}  the database`);
});

it('breaks a word that is longer than a line, and leaves nothing out', () => {
  const word = 'x'.repeat(90);
  const text = table(['a', 'b'], [[word, word]]);
  expect(widest(text)).toBe(120);
  expect(text.match(/x/g)).toHaveLength(180);
});

it('cuts text that is longer than a hundred characters', () => {
  expect(table(['a'], [['y'.repeat(101)]])).toBe(`a\n${'y'.repeat(99)}…`);
});

it('breaks words of the columns that may be broken, and keeps ids and times whole', () => {
  const at = '2026-11-22T10:30:00.012Z';
  const text = table(['id', 'name', 'of', 'at'], [[id, 'n'.repeat(60), id, at]], ['name']);
  expect(widest(text)).toBe(120);
  expect(text).toMatch(new RegExp(`^${id}  n+  ${id}  ${at}\n +n+\n`, 'm'));
});
