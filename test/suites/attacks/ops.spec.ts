import { Herald } from '../../support/herald.js';
import { preload } from '../../support/preloads.js';
import { type Attacker, head } from './attacker.js';
import { HonestClient } from './honest-client.js';
import { type Attack, harmOf } from './siege.js';

const collectOnSignal = preload('collect-on-signal');
const MIB = 1024 * 1024;

let herald: Herald;
let honest: HonestClient;
beforeAll(async () => {
  herald = await Herald.start({ services: [] });
  await herald.startService('ops', { preload: collectOnSignal });
  honest = new HonestClient(herald.service('ops').url, [
    { method: 'GET', path: '/health/ready' },
    { method: 'GET', path: '/login' },
  ]);
});
afterAll(async () => {
  honest?.close();
  await herald?.stop();
});

const held = (count: number, text: string) => (attacker: Attacker) =>
  attacker.hold(count, () => attacker.connect(text));
const form = { 'Content-Type': 'application/x-www-form-urlencoded', 'Content-Length': MIB };

const ATTACKS: Record<string, Attack> = {
  'connections that stay silent': held(1500, ''),
  'half a head': held(500, 'GET /login HTTP/1.1\r\nHost: x\r\n'),
  'logins that announce much and send a byte': held(200, head('POST /login', form, 'n')),
  'questions how it is, sent ahead': held(10, head('GET /health/ready').repeat(2000)),
  'pages that nobody reads': (attacker) =>
    attacker.hold(200, () => attacker.connect(head('GET /login').repeat(30)).pause()),
};

it.each(Object.keys(ATTACKS))('ops: %s harms nobody else', async (name) => {
  expect(await harmOf(herald.service('ops'), honest, ATTACKS[name] as Attack)).toEqual([]);
});
