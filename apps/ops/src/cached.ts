/**
 * A figure that costs something, for all who ask within a moment. What took long is kept longer, so that asking is never
 * more than a twentieth of the work of whoever is asked. A failure is kept by nobody.
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
