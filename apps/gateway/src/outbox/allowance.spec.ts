import { Allowance } from './allowance.js';

/** An allowance whose measurements end when the test says so. */
function anAllowance(left: number) {
  const ends: ((measured?: number) => void)[] = [];
  const allowance = new Allowance(left, () => new Promise((resolve) => ends.push(resolve)));
  return { allowance, ends };
}

describe('an allowance', () => {
  it('is spent until too little is left', () => {
    const { allowance } = anAllowance(3);
    expect([allowance.spend(2), allowance.spend(2), allowance.spend(1), allowance.spend(1)]).toEqual([
      true,
      false,
      true,
      false,
    ]);
  });

  it('leaves the rest that is asked for', () => {
    const { allowance } = anAllowance(10);
    expect([allowance.spend(3, 8), allowance.spend(2, 8), allowance.left]).toEqual([false, true, 8]);
  });

  it('is measured once at a time, and what is spent meanwhile stays spent', async () => {
    const { allowance, ends } = anAllowance(10);
    const renewals = [allowance.renew(), allowance.renew()];
    allowance.spend(4);
    expect(ends).toHaveLength(1);
    ends[0]?.(100);
    await Promise.all(renewals);
    expect(allowance.left).toBe(96);
  });

  it('stays as it is when a measurement learns nothing or fails, and is measured again', async () => {
    const { allowance, ends } = anAllowance(10);
    const renewal = allowance.renew();
    allowance.spend(4);
    ends[0]?.(undefined);
    await renewal;
    expect(allowance.left).toBe(6);
    const failing = new Allowance(6, () => Promise.reject(new Error('Postgres is away')));
    await expect(failing.renew()).rejects.toThrow('away');
    await expect(failing.renew()).rejects.toThrow('away');
    expect(failing.left).toBe(6);
  });
});
