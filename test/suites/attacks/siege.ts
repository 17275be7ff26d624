import { eventually } from '../../support/eventually.js';
import { Figures } from '../../support/figures.js';
import type { Service } from '../../support/service.js';
import { Attacker } from './attacker.js';
import type { HonestClient } from './honest-client.js';

export type Attack = (attacker: Attacker) => Promise<unknown>;

const SECONDS = 3;
const P99_MS = 1000;
const REPEATS = 2;
/** The memory that a process may gain: heaps grow in steps, and allocators keep some. */
export const MORE = 100 * 1024 * 1024;

export const inFlightOf = async (service: Service) => (await Figures.of(service)).sum('herald_http_requests_in_flight');

/** The memory of a process after it has collected its garbage. */
export interface Memory {
  /** The pages that it holds, for native code too, whether they are full or nearly empty. */
  rss: number;
  /** The bytes of its objects and buffers. */
  inUse: number;
}

export async function memoryOf(service: Service): Promise<Memory> {
  const readings = () => service.log.match(/^\{"memory":.*\}$/gm) ?? [];
  const { length } = readings();
  service.signal('SIGUSR2');
  const reading = await eventually(() => readings()[length]);
  return (JSON.parse(reading) as { memory: Memory }).memory;
}

/** An honest client's results during an attack, and what the attack left behind. */
export interface Found {
  p99: number;
  failed: number[];
  firstAfter: { status: number; ms: number };
}

/** Attacks a service for some seconds while an honest client uses it. */
export async function siege(service: Service, honest: HonestClient, attack: Attack): Promise<Found> {
  honest.begin();
  const attacker = new Attacker(service.url, SECONDS);
  await attack(attacker);
  const { p99, failed } = await honest.stop();
  attacker.leave();
  return { p99, failed, firstAfter: await honest.ask() };
}

/** Returns the harm of an attack to an honest client, and what it left behind; empty when it harmed nobody. */
export async function harmOf(service: Service, honest: HonestClient, attack: Attack): Promise<string[]> {
  const before = await memoryOf(service);
  let harm = harmIn(await siege(service, honest, attack));
  // The machine itself stands still for a second now and then; an attack that harms does so every time.
  for (let again = 0; again < REPEATS && harm.length > 0 && harm.every((each) => each.endsWith(' ms')); again++)
    harm = harmIn(await siege(service, honest, attack));
  await eventually(async () => (await inFlightOf(service)) === 0).catch(() => harm.push('slots are left'));
  await eventually(async () => (await memoryOf(service)).rss < before.rss + MORE).catch(() =>
    harm.push('memory is left'),
  );
  return harm;
}

function harmIn({ p99, failed, firstAfter }: Found): string[] {
  const harm: string[] = [];
  if (failed.length > 0) harm.push(`failed: ${failed.join(', ')}`);
  if (p99 >= P99_MS) harm.push(`p99: ${p99} ms`);
  if (firstAfter.status !== 200 && firstAfter.status !== 202) harm.push(`first after: ${firstAfter.status}`);
  if (firstAfter.ms >= P99_MS) harm.push(`first after: ${firstAfter.ms} ms`);
  return harm;
}
