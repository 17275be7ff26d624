import { queueSecrets } from './env.js';

const [FIRST, SECOND] = ['a'.repeat(32), 'b'.repeat(32)];

describe('secrets of the queues', () => {
  it.each([
    [FIRST, [FIRST]],
    [`${FIRST},${SECOND}`, [FIRST, SECOND]],
    [` ${FIRST}, ${SECOND}\n`, [FIRST, SECOND]],
  ])('%j', (value, secrets) => {
    expect(queueSecrets.parse(value)).toEqual(secrets);
  });

  it.each(['', 'short', `${FIRST},`, `${FIRST},${' '.repeat(32)}`, `${FIRST},${SECOND},${FIRST}`])(
    'refuses %j',
    (value) => {
      expect(queueSecrets.safeParse(value).success).toBe(false);
    },
  );
});
