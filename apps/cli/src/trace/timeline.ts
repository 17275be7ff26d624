import { styleText } from 'node:util';
import { type MessageTrace, STEP_WORDS, stateWords } from '@herald/contracts';
import { printable } from '../table.js';

/** The trace of a message to one of its places. */
export interface PlacedTrace extends MessageTrace {
  /** Set only by the database; a gateway serves one company. Null when a dead letter names no company. */
  companyId?: string | null;
}

type Step = PlacedTrace['steps'][number];
type Colour = Parameters<typeof styleText>[0];

const COLOURS: Record<PlacedTrace['state'], Colour> = {
  accepted: 'yellow',
  queued: 'yellow',
  active: 'yellow',
  delivered: 'green',
  given_up: 'red',
};

/** Formats a trace for people: each step with its time and the delay since the previous one. */
export function timeline(trace: PlacedTrace, out: Pick<NodeJS.WriteStream, 'isTTY'>): string {
  const painted = out.isTTY && !process.env['NO_COLOR'];
  const paint = (colour: Colour, text: string) => (painted ? styleText(colour, text) : text);
  const { steps } = trace;
  const wholeMs = Date.parse(steps.at(-1)?.at ?? '') - Date.parse(steps[0]?.at ?? '');
  const attempts = steps.filter(({ step }) => step === 'attempt').length;
  const facts = [
    ['message', trace.correlationId],
    ['queue', trace.queue],
    ...(trace.companyId === undefined ? [] : [['company', trace.companyId ?? 'unknown']]),
    ['state', paint(COLOURS[trace.state], stateWords(trace.state))],
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
      // The last step repeats the error of the last attempt.
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
