import { styleText } from 'node:util';
import { type MessageTrace, STEP_WORDS, stateWords } from '@herald/contracts';
import { printable } from '../table.js';

/** A place where a message is, and the way it took there. */
export interface Way extends MessageTrace {
  /** Told by the database alone: a gateway knows the messages of one company. Null where a dead letter names none. */
  companyId?: string | null;
}

type Step = Way['steps'][number];
type Colour = Parameters<typeof styleText>[0];

const COLOURS: Record<Way['state'], Colour> = {
  accepted: 'yellow',
  queued: 'yellow',
  active: 'yellow',
  delivered: 'green',
  given_up: 'red',
};

/** The way of a message for people: each step with its time, and how long after the one before it came. */
export function timeline(way: Way, out: Pick<NodeJS.WriteStream, 'isTTY'>): string {
  const painted = out.isTTY && !process.env['NO_COLOR'];
  const paint = (colour: Colour, text: string) => (painted ? styleText(colour, text) : text);
  const { steps } = way;
  const wholeMs = Date.parse(steps.at(-1)?.at ?? '') - Date.parse(steps[0]?.at ?? '');
  const attempts = steps.filter(({ step }) => step === 'attempt').length;
  const facts = [
    ['message', way.correlationId],
    ['queue', way.queue],
    ...(way.companyId === undefined ? [] : [['company', way.companyId ?? 'unknown']]),
    ['state', paint(COLOURS[way.state], stateWords(way.state))],
    ['attempts', String(attempts)],
    ...(steps.length > 1 ? [['in all', lengthOf(wholeMs)]] : []),
  ];
  const waits = steps.map(({ at }, index) => {
    const before = steps[index - 1];
    return before ? `+${lengthOf(Date.parse(at) - Date.parse(before.at))}` : '';
  });
  const width = Math.max(0, ...waits.map((wait) => wait.length));
  return [
    ...facts.map(([name = '', value]) => `${paint('dim', name.padEnd(10))}${value}`),
    '',
    ...steps.flatMap((step, index) => [
      `${step.at.replace('T', ' ')}  ${paint('dim', (waits[index] as string).padStart(width))}  ${textOf(step, paint)}`,
      // The end repeats what was wrong with the last attempt.
      ...(step.detail && step.detail !== steps[index - 1]?.detail
        ? [`${' '.repeat(step.at.length + width + 4)}${paint('red', printable(step.detail))}`]
        : []),
    ]),
  ].join('\n');
}

function textOf({ step, attempt }: Step, paint: (colour: Colour, text: string) => string): string {
  const text = attempt ? `${STEP_WORDS[step]}, attempt ${attempt}` : STEP_WORDS[step];
  if (step === 'delivered') return paint('green', text);
  return step === 'given_up' ? paint('red', text) : text;
}

function lengthOf(ms: number): string {
  if (ms < 1000) return `${ms} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  const minutes = Math.round(ms / 60_000);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
