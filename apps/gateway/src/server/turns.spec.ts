import { Turns } from './turns.js';

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('turns', () => {
  it('let a caller do two things together, and the next ones in order', async () => {
    const turns = new Turns(2);
    const begun: number[] = [];
    const ends = [0, 1, 2, 3].map((n) => turns.take('ada').then((end) => (begun.push(n), end)));
    await settled();
    expect(begun).toEqual([0, 1]);
    const end = await ends[1]!;
    end();
    end();
    await settled();
    expect(begun).toEqual([0, 1, 2]);
  });

  it('of one caller do not delay another, and leave nothing behind', async () => {
    const turns = new Turns(1);
    const end = await turns.take('ada');
    (await turns.take('bob'))();
    end();
    expect(turns).toMatchObject({ queues: new Map() });
  });
});
