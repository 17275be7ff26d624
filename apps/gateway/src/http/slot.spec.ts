import type { Socket } from 'node:net';
import type { FastifyReply } from 'fastify';
import type { Caller } from '../auth/caller.js';
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
  slot.belongToStranger(address);
  slots.push(slot);
  return slot;
}
const person = (login: string): Caller => ({ kind: 'person', issuer: 'i', companyId: 'c', login });

it('an address holds its share at most, as long as nobody knows who asks', () => {
  const first = enter('a');
  enter('a');
  expect(() => enter('a')).toThrow('Too many of your requests');
  first.belongTo(person('ada'));
  enter('a');
  enter('b');
});

it('who is known already is no stranger of a full address', () => {
  enter('a');
  enter('a');
  const known = new Slot({} as Socket, {} as FastifyReply, 0, holders, SHARE);
  slots.push(known);
  known.enter(all);
  known.belongTo(person('ada'));
  expect(all.weight).toBe(3);
});

it('a caller and its company hold their shares at most', () => {
  enter('a').belongTo(person('ada'));
  enter('a').belongTo(person('ada'));
  expect(() => enter('a').belongTo(person('ada'))).toThrow('Too many of your requests');
  enter('a').belongTo(person('bob'));
  expect(() => enter('a').belongTo(person('cy'))).toThrow('Too many of your requests');
});

it('all together hold the cap at most', () => {
  for (const address of ['a', 'b', 'c', 'd', 'e']) enter(address);
  expect(() => enter('f')).toThrow('Too many requests are in work');
});

it('a body grows beyond the share of a sender that has nothing else in work, and no further', () => {
  const large = enter('a');
  large.belongTo(person('ada'));
  large.growTo(5);
  expect(() => enter('b')).toThrow('Too many requests are in work');
  large.growTo(100);
  large.leave();
  const one = enter('a');
  one.belongTo(person('ada'));
  enter('b').belongTo(person('ada'));
  expect(() => one.growTo(2)).toThrow('Too many of your requests');
});

describe('work that goes on without its client', () => {
  const isWorkedOn = (raw: object) =>
    new Slot({} as Socket, { request: { raw } } as FastifyReply, 0, holders, SHARE).isWorkedOn;

  it.each([
    ['a request that arrived', { method: 'POST', complete: true }, true],
    ['a read whose body still comes: nobody waits for it', { method: 'GET', complete: false }, true],
    ['a send whose body broke off', { method: 'POST', complete: false }, false],
  ])('%s', (_, raw, expected) => {
    expect(isWorkedOn(raw)).toBe(expected);
  });
});

it('a slot is given back once', () => {
  const slot = enter('a');
  enter('b');
  slot.leave();
  slot.leave();
  expect(all.weight).toBe(1);
});
