import { randomBytes } from 'node:crypto';

/** Unique values that no log may contain, and where each was used. */
export class Canaries {
  private readonly values = new Map<string, string>();

  /** A new value; letters and digits, so that no encoding hides it. */
  of(where: string): string {
    const value = `CANARY${randomBytes(9).toString('hex')}`;
    this.values.set(where, value);
    return value;
  }

  /** One that is short enough for V8 to quote as a whole. */
  short(where: string): string {
    const value = `OTP${randomBytes(4).toString('hex')}`;
    this.values.set(where, value);
    return value;
  }

  /** A value that is there already. */
  watch(where: string, value: string): void {
    this.values.set(where, value);
  }

  /** Returns where the values in this text were used, whichever way the text encodes them. */
  foundIn(text: string): string[] {
    const ways = (value: string) => [value, Buffer.from(value).toString('base64'), Buffer.from(value).toString('hex')];
    return [...this.values]
      .filter(([, value]) => ways(value).some((way) => text.includes(way)))
      .map(([where]) => where);
  }
}
