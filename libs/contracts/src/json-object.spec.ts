import { faultOfJson as fault } from './json-object.js';

/** Returns a list that counts reads of its items. */
function watched(items: unknown[]) {
  const looks = { count: 0 };
  const list = new Proxy(items, {
    get(target, key, receiver) {
      if (typeof key === 'string' && /^\d+$/.test(key)) looks.count++;
      return Reflect.get(target, key, receiver) as unknown;
    },
  });
  return { list, looks };
}

describe('a free-form object', () => {
  it.each([
    ['100,000 empty lists', Array.from({ length: 100_000 }, () => [])],
    ['lists of lists', Array.from({ length: 4000 }, () => Array.from({ length: 600 }, () => 1))],
    ['100,000 zeros', Array.from({ length: 100_000 }, () => 0)],
  ])('is refused as soon as it cannot be short enough: %s', (_, items) => {
    const { list, looks } = watched(items);
    expect(fault({ list })).toBe('must be at most 4096 bytes of JSON');
    expect(looks.count).toBeLessThanOrEqual(4096);
  });

  it('is refused for too many keys before they are read', () => {
    const many = Object.fromEntries(Array.from({ length: 100_000 }, (_, n) => [`k${n}`, '\0']));
    expect(fault(many)).toBe('must have at most 100 keys in all');
  });

  it('may be 4,096 bytes long and no longer', () => {
    const list = Array.from({ length: 2043 }, () => 1);
    expect(JSON.stringify({ list }).length).toBe(4096);
    expect(fault({ list })).toBeUndefined();
    expect(fault({ list: [...list, 1] })).toBe('must be at most 4096 bytes of JSON');
    expect(fault({ a: 'é'.repeat(2044) })).toBeUndefined();
    expect(fault({ a: 'é'.repeat(2045) })).toBe('must be at most 4096 bytes of JSON');
  });
});
