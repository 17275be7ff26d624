import { findPlaces, stepsOf } from '@herald/database';
import { Failure } from '@herald/operator';
import { z } from 'zod';
import { withGivenDatabase } from '../given-database.js';
import { readOptions, uuid } from '../options.js';
import { askGateway } from './ask-gateway.js';
import { timeline, type PlacedTrace } from './timeline.js';

export interface TraceOptions {
  gateway?: string;
  token?: string;
  json?: boolean;
}

const Options = z.object({
  correlationId: uuid(),
  gateway: z.url({ protocol: /^https?$/, error: 'must be the URL of a gateway, as http://localhost:3000' }).optional(),
  token: z.string().optional(),
});

/**
 * Shows the state and the trace of a message. A message that succeeded after it was given up is in two places.
 * @throws Failure when the message is unknown
 */
export async function trace(typedId: string, options: TraceOptions): Promise<void> {
  const { HERALD_TOKEN: token } = process.env;
  const { correlationId, gateway, ...rest } = readOptions(Options, { token, ...options, correlationId: typedId });
  const traces = gateway ? await askGateway(gateway, rest.token, correlationId) : await readDatabase(correlationId);
  if (traces.length === 0) {
    throw new Failure(
      `Nothing is known of message ${correlationId}. Commands, and what merchants asked and answered, leave no such trace.`,
    );
  }
  if (options.json) console.log(JSON.stringify(traces, null, 2));
  else console.log(traces.map((each) => timeline(each, process.stdout)).join('\n\n'));
}

async function readDatabase(correlationId: string): Promise<PlacedTrace[]> {
  const places = await withGivenDatabase('trace', (database) =>
    database.transaction((tx) => findPlaces(tx, [correlationId]), 'begin read only'),
  );
  return places.map((place) => ({
    correlationId,
    queue: place.queue,
    companyId: place.company_id,
    state: place.state,
    steps: stepsOf(place),
  }));
}
