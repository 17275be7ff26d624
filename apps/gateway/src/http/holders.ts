/** Whom requests are held against: everybody together, an address, a caller, a company. */
export interface Holder {
  name: string;
  /** How much it may have in work. */
  limit: number;
  weight: number;
}

/** What each holder has in work; a holder without any is not kept. */
export class Holders {
  private readonly byName = new Map<string, Holder>();

  of(name: string, limit: number): Holder {
    return this.byName.get(name) ?? { name, limit, weight: 0 };
  }

  /** Whether a request that weighs `own` may weigh `more`. One that is alone may: the largest body there is gets in. */
  static hasRoom({ weight, limit }: Holder, own: number, more: number): boolean {
    return weight === own || weight + more <= limit;
  }

  change(holder: Holder, by: number): void {
    if (holder.weight === 0) this.byName.set(holder.name, holder);
    holder.weight += by;
    if (holder.weight === 0) this.byName.delete(holder.name);
  }
}
