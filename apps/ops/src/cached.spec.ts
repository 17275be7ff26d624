import { Cached } from './cached.js';

describe('a cached figure', () => {
  beforeEach(() => void jest.useFakeTimers({ now: 0 }));
  afterEach(() => void jest.useRealTimers());

  const after = async (ms: number) => jest.advanceTimersByTimeAsync(ms);

  it('is read once for all callers while it is fresh, and again after that', async () => {
    let reads = 0;
    const read = jest.fn(async () => ++reads);
    const figure = new Cached(read, 1000);
    expect(await Promise.all([figure.get(), figure.get()])).toEqual([1, 1]);
    await after(999);
    expect(await figure.get()).toBe(1);
    await after(1);
    expect(await figure.get()).toBe(2);
  });

  it('that took long is kept for twenty times as long', async () => {
    const read = jest.fn(() => new Promise<number>((resolve) => setTimeout(() => resolve(1), 500)));
    const figure = new Cached(read, 1000);
    const first = figure.get();
    await after(500);
    expect(await first).toBe(1);
    await after(9_999);
    expect(await figure.get()).toBe(1);
    await after(1);
    void figure.get();
    expect(read).toHaveBeenCalledTimes(2);
  });

  it('that could not be read is read again on the next call', async () => {
    const read = jest.fn().mockRejectedValueOnce(new Error('away')).mockResolvedValueOnce(7);
    const figure = new Cached(read, 1000);
    await expect(figure.get()).rejects.toThrow('away');
    expect(await figure.get()).toBe(7);
  });
});
