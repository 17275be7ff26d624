/** An account that requests in progress count against: all callers together, an address, a caller or a company. */
export interface Holder {
  name: string;
  /** The most weight that it may have in progress. */
  limit: number;
  weight: number;
}

/** The weight in progress of each holder; a holder without any is not kept. */
export class Holders {
  private readonly byName = new Map<string, Holder>();

  of(name: string, limit: number): Holder {
    return this.byName.get(name) ?? { name, limit, weight: 0 };
  }

  /**
   * Returns whether a request that weighs `own` may weigh `more`. It always may when it is the holder's only one, so
   * that the largest body fits.
   */
  static hasRoom({ weight, limit }: Holder, own: number, more: number): boolean {
    return weight === own || weight + more <= limit;
  }

  change(holder: Holder, by: number): void {
    if (holder.weight === 0) this.byName.set(holder.name, holder);
    holder.weight += by;
    if (holder.weight === 0) this.byName.delete(holder.name);
  }
}
