import { TRANSPORT_KEY } from './job-run.js';
import { Proofs } from './proof.js';

const CURRENT = 'c'.repeat(32);
const PREVIOUS = 'p'.repeat(32);
const PLACE = ['{herald:delivery}', 'owed', 'id-1'] as const;
const TRANSPORT = { replyTo: 'herald:replies:x', deadline: 1, alone: true };
const proofs = new Proofs([CURRENT, PREVIOUS]);

interface Changes {
  name?: string;
  id?: string;
  data?: object;
}

/** Returns a signed job, with changes if given, as a worker receives it. */
const received = (signed: object, { name = 'owed', id = 'id-1', data = {} }: Changes = {}) => ({
  name,
  id,
  text: JSON.stringify({ ...signed, ...data }),
});

const DATA = { ids: ['a', 'b'], body: { 2: 'é😀', 1: [null, 1e21, 0.1], text: 'line\u2028"\\', gone: undefined } };
const signed = proofs.sign(PLACE, DATA, TRANSPORT) as Record<string, Record<string, unknown>>;
const transport = signed[TRANSPORT_KEY] as Record<string, unknown>;

describe('a proof', () => {
  it('is valid for the signed job, with either secret, and with or without transport fields', () => {
    expect(proofs.verify(PLACE[0], received(signed))).toBe(true);
    expect(proofs.verify(PLACE[0], received(new Proofs([PREVIOUS]).sign(PLACE, DATA, {})))).toBe(true);
  });

  it.each<[string, Changes, string?]>([
    ['on another queue', {}, '{herald:agent-actions}'],
    ['in another namespace', {}, '{other:delivery}'],
    ['under another name', { name: 'set-status' }],
    ['under another id', { id: 'id-2' }],
    ['with other data', { data: { ids: ['a', 'c'] } }],
    ['with more data', { data: { more: 1 } }],
    ['with another transport field', { data: { [TRANSPORT_KEY]: { ...transport, alone: false } } }],
    ['with one field more', { data: { [TRANSPORT_KEY]: { ...transport, traceparents: [] } } }],
    ['with one field less', { data: { [TRANSPORT_KEY]: { ...transport, deadline: undefined } } }],
    ['without it', { data: { [TRANSPORT_KEY]: TRANSPORT } }],
    ['cut short', { data: { [TRANSPORT_KEY]: { ...transport, proof: String(transport['proof']).slice(0, -4) } } }],
    ['that is no text', { data: { [TRANSPORT_KEY]: { ...transport, proof: 1 } } }],
  ])('does not verify %s', (_, changes, prefix = PLACE[0]) => {
    expect(proofs.verify(prefix, received(signed, changes))).toBe(false);
  });

  it('does not verify with another secret', () => {
    const stranger = new Proofs(['s'.repeat(32)]).sign(PLACE, DATA, TRANSPORT);
    expect(proofs.verify(PLACE[0], received(stranger))).toBe(false);
  });

  it.each([null, undefined, 'text', 1, [], { [TRANSPORT_KEY]: null }, { [TRANSPORT_KEY]: [] }])(
    'is absent from data without one: %j',
    (data) => {
      expect(proofs.verify(PLACE[0], { name: 'owed', id: 'id-1', text: JSON.stringify(data) ?? '' })).toBe(false);
    },
  );

  it.each([
    ['of no JSON', '"proof":"'],
    ['nested 50,000 deep', `${'{"a":'.repeat(50_000)}`],
  ])('is checked without parsing the data: %s', (_, before) => {
    const text = `${before},"proof":"${String(transport['proof'])}"}}`;
    expect(proofs.verify(PLACE[0], { name: 'owed', id: 'id-1', text })).toBe(false);
  });
});

describe('the mark of a dead letter', () => {
  const JOB = '{herald:delivery}:delivery:7';
  const mark = proofs.mark(JOB, '12');

  it('names its letter under either secret', () => {
    expect(proofs.letterIn(JOB, mark)).toBe('12');
    expect(proofs.letterIn(JOB, new Proofs([PREVIOUS]).mark(JOB, '12'))).toBe('12');
  });

  it.each([
    ['of another job', proofs.mark('{herald:delivery}:delivery:8', '12')],
    ['of another letter', mark.replace('12.', '13.')],
    ['with another secret', new Proofs(['s'.repeat(32)]).mark(JOB, '12')],
    ['without a proof', '12'],
    ['without any content', ''],
  ])('%s is invalid', (_, forged) => {
    expect(proofs.letterIn(JOB, forged)).toBe(undefined);
  });
});
