import type { Socket } from 'node:net';
import type { FastifyReply } from 'fastify';
import type { Caller } from '../access/caller.js';
import { Holders } from './holders.js';
import { Slot } from './slot.js';

const SHARE = { caller: 2, company: 3 };
const holders = new Holders();
const all = { name: 'all', limit: 5, weight: 0 };
let slots: Slot[] = [];
afterEach(() => {
  for (const slot of slots) slot.leave();
  slots = [];
});

function enter(address: string): Slot {
  const slot = new Slot({} as Socket, {} as FastifyReply, 0, holders, SHARE);
  slot.enter(all);
  slot.countAgainstAddress(address);
  slots.push(slot);
  return slot;
}
const person = (login: string): Caller => ({
  kind: 'person',
  issuer: 'i',
  companyId: 'c',
  login,
  scopes: [],
  expiresAt: Infinity,
});

it('an address has at most its share in progress until the callers are known', () => {
  const first = enter('a');
  enter('a');
  expect(() => enter('a')).toThrow('Too many of your requests');
  first.countAgainstCaller(person('ada'));
  enter('a');
  enter('b');
});

it('a known caller gets in from a full address', () => {
  enter('a');
  enter('a');
  const known = new Slot({} as Socket, {} as FastifyReply, 0, holders, SHARE);
  slots.push(known);
  known.enter(all);
  known.countAgainstCaller(person('ada'));
  expect(all.weight).toBe(3);
});

it('a caller and its company have at most their shares in progress', () => {
  enter('a').countAgainstCaller(person('ada'));
  enter('a').countAgainstCaller(person('ada'));
  expect(() => enter('a').countAgainstCaller(person('ada'))).toThrow('Too many of your requests');
  enter('a').countAgainstCaller(person('bob'));
  expect(() => enter('a').countAgainstCaller(person('cy'))).toThrow('Too many of your requests');
});

it('all callers together have at most the cap in progress', () => {
  for (const address of ['a', 'b', 'c', 'd', 'e']) enter(address);
  expect(() => enter('f')).toThrow('Too many requests are in work');
});

it('a body may exceed the share of a caller that has nothing else in progress, and only then', () => {
  const large = enter('a');
  large.countAgainstCaller(person('ada'));
  large.growTo(5);
  expect(() => enter('b')).toThrow('Too many requests are in work');
  large.growTo(100);
  large.leave();
  const one = enter('a');
  one.countAgainstCaller(person('ada'));
  enter('b').countAgainstCaller(person('ada'));
  expect(() => one.growTo(2)).toThrow('Too many of your requests');
});

describe('work that continues without its client', () => {
  const isInProgress = (raw: object) =>
    new Slot({} as Socket, { request: { raw } } as FastifyReply, 0, holders, SHARE).isInProgress;

  it.each([
    ['a request that arrived', { method: 'POST', complete: true }, true],
    ['a read whose body is still arriving, which is not waited for', { method: 'GET', complete: false }, true],
    ['a send whose body broke off', { method: 'POST', complete: false }, false],
  ])('%s', (_, raw, expected) => {
    expect(isInProgress(raw)).toBe(expected);
  });
});

it('a slot is given back once', () => {
  const slot = enter('a');
  enter('b');
  slot.leave();
  slot.leave();
  expect(all.weight).toBe(1);
});
