import { StuckWatch, type Work } from './stuck-watch.js';

const LIMIT_MS = 60_000;
const LOOK_EVERY_MS = 10_000;

let now: number;
let work: Work | Error;
let watch: StuckWatch;
beforeEach(() => {
  now = 0;
  work = { finished: 0, waits: true };
  const check = async () => {
    if (work instanceof Error) throw work;
    return { ...work };
  };
  watch = new StuckWatch({ jobs: check }, LIMIT_MS, () => now);
});

/** Checks every ten seconds for the given time. */
async function pass(seconds: number, unhindered = true): Promise<string[]> {
  for (const end = now + seconds * 1000; now < end;) {
    now += LOOK_EVERY_MS;
    await watch.check(unhindered);
  }
  return watch.stuck;
}

it('reports work as stuck when it waits for a minute and none is finished', async () => {
  expect(await pass(60)).toEqual([]);
  expect(await pass(10)).toEqual(['jobs']);
});

it('no longer reports it once some of it is finished', async () => {
  await pass(70);
  work = { finished: 1, waits: true };
  expect(await pass(60)).toEqual([]);
  expect(await pass(10)).toEqual(['jobs']);
});

it('starts over after a moment without waiting work', async () => {
  await pass(60);
  work = { finished: 0, waits: false };
  expect(await pass(10)).toEqual([]);
  work = { finished: 0, waits: true };
  expect(await pass(60)).toEqual([]);
});

it('reports nothing during an outage, and starts over after it', async () => {
  await pass(60);
  expect(await pass(600, false)).toEqual([]);
  expect(await pass(60)).toEqual([]);
  expect(await pass(10)).toEqual(['jobs']);
});

it('reports nothing when the check of the work fails', async () => {
  await pass(60);
  work = new Error('away');
  expect(await pass(600)).toEqual([]);
});

it('ignores the time in which the process itself was suspended', async () => {
  await pass(30);
  now += 3_600_000;
  expect(await pass(60)).toEqual([]);
});

it('never reports work that makes progress', async () => {
  for (let finished = 1; finished < 100; finished++) {
    work = { finished, waits: true };
    expect(await pass(10)).toEqual([]);
  }
});
