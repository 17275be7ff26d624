/**
 * A figure that is expensive to read, shared by all callers for a short time. A slow one is kept longer, so that
 * reading takes at most a twentieth of the time. A failure is not kept.
 */
export class Cached<T> {
  private value?: Promise<T>;
  private freshUntil = 0;

  constructor(
    private readonly read: () => Promise<T>,
    private readonly freshMs: number,
  ) {}

  get(): Promise<T> {
    if (this.value && Date.now() < this.freshUntil) return this.value;
    const begun = Date.now();
    const value = this.read();
    this.value = value;
    this.freshUntil = Infinity;
    value.then(
      () => {
        this.freshUntil = Date.now() + Math.max(this.freshMs, 20 * (Date.now() - begun));
      },
      () => {
        this.freshUntil = 0;
      },
    );
    return value;
  }
}
