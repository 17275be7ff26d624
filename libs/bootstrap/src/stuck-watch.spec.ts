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
    await watch.look(unhindered);
  }
  return watch.stuck;
}

it('says that work is stuck when it waits for a minute and none is finished', async () => {
  expect(await pass(60)).toEqual([]);
  expect(await pass(10)).toEqual(['jobs']);
});

it('says so no more once some of it is finished', async () => {
  await pass(70);
  work = { finished: 1, waits: true };
  expect(await pass(60)).toEqual([]);
  expect(await pass(10)).toEqual(['jobs']);
});

it('starts anew when for a moment no work waited', async () => {
  await pass(60);
  work = { finished: 0, waits: false };
  expect(await pass(10)).toEqual([]);
  work = { finished: 0, waits: true };
  expect(await pass(60)).toEqual([]);
});

it('says nothing while what the work needs is away, and starts anew when it is back', async () => {
  await pass(60);
  expect(await pass(600, false)).toEqual([]);
  expect(await pass(60)).toEqual([]);
  expect(await pass(10)).toEqual(['jobs']);
});

it('says nothing against work that cannot be asked for', async () => {
  await pass(60);
  work = new Error('away');
  expect(await pass(600)).toEqual([]);
});

it('holds nothing against a process that itself stood still', async () => {
  await pass(30);
  now += 3_600_000;
  expect(await pass(60)).toEqual([]);
});

it('is never stuck while all of it goes on', async () => {
  for (let finished = 1; finished < 100; finished++) {
    work = { finished, waits: true };
    expect(await pass(10)).toEqual([]);
  }
});
