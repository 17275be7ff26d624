import { SAMPLE } from '../../support/actions.js';
import { BAD, type BadRequest, x } from './bad-request.js';

const STORY = `/queries/${SAMPLE.query}`;
const FIGURES = ['/stats/timeline', '/stats/agents', '/stats/tools'];

/** Requests for each path with each value of a parameter. */
const bad = (paths: string[], name: string, values: string[]): BadRequest[] =>
  paths.flatMap((path) =>
    values.map((value): BadRequest => [
      `${path} with ${name}=${value.slice(0, 40)}`,
      { method: 'GET', path: `/team-notifications${path}?${name}=${value}`, as: 'program' },
      ...BAD,
      `Invalid ${name} parameter`,
    ]),
  );

const NO_DATES = ['now', '2024-02-30', 'infinity', '', '1704067200', '2024-01-01T25:00'];

/** Everything that is refused on the routes of figures and stories (contracts README, "Timeline"). */
export const actionFiguresCases: Record<string, BadRequest[]> = {
  'figures and stories of actions': [
    ...bad([...FIGURES, STORY], 'limit', ['0', '-1', '101', '1e3', '', '5&limit=5', 'ten', '1.5', '%00']),
    ...bad(['/stats/timeline'], 'limit', ['51']),
    ...bad([STORY], 'skip', ['-1', '1.5', '', '1000000000', '1&skip=2', 'x']),
    ...bad([STORY], 'cursor', ['x', '', Buffer.from('notification 5').toString('base64url')]),
    ...bad(FIGURES, 'notification_type', ['nonsense', '', 'a&notification_type=b', '%00']),
    ...bad(FIGURES, 'agent_id', ['', 'a&agent_id=b', '%00', x(1001)]),
    ...bad(FIGURES, 'start_date', [...NO_DATES, '2024-01-02&end_date=2024-01-01']),
    ...bad(FIGURES, 'end_date', NO_DATES),
    ...bad(['/stats/timeline'], 'start_date', ['2022-01-01&end_date=2024-01-21', '2024-01-01&interval=hour']),
    ...bad(['/stats/timeline'], 'priority', ['critical', '', 'low&priority=high']),
    ...bad(['/stats/timeline'], 'user_id', ['', '%00']),
    ...bad(['/stats/timeline'], 'interval', ['week', '', 'HOUR', 'day&interval=day']),
    ...bad(['/stats/timeline'], 'group_by', ['status', '', 'Type', 'type&group_by=type']),
  ],
};
