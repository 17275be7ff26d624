import { Turns } from './turns.js';

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('turns', () => {
  it('let a caller do two things at once, and the next one in its order', async () => {
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

  it('of one caller are no other caller’s affair, and leave nothing when all is done', async () => {
    const turns = new Turns(1);
    const end = await turns.take('ada');
    (await turns.take('bob'))();
    end();
    expect(turns).toMatchObject({ queues: new Map() });
  });
});
