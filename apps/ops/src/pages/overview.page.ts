import type { QueueState } from '@herald/queue';
import type { OpsUser } from '../auth/ops-users.js';
import type { Backlog } from '../queue-states.js';
import { duration, number } from './figures.js';
import { html, type Html, type Part } from './html.js';
import { boardPath, layout } from './layout.js';

const REFRESH_SECONDS = 10;
/** The same threshold as in the alerts. */
const LATE_SECONDS = 60;

/** The figures on the page. A figure is undefined while its server is down. */
export interface Overview {
  user: OpsUser;
  queues: string[];
  backlogs?: Backlog[];
  states?: QueueState[];
}

const sum = <T>(list: T[] | undefined, figure: (each: T) => number): number | undefined =>
  list?.reduce((total, each) => total + figure(each), 0);
const most = <T>(list: T[] | undefined, figure: (each: T) => number): number =>
  Math.max(0, ...(list ?? []).map(figure));

export function overviewPage({ user, queues, backlogs, states }: Overview): Html {
  const owedFor = most(backlogs, ({ oldestSeconds }) => oldestSeconds);
  const waitingFor = most(states, ({ oldestSeconds }) => oldestSeconds);
  const failed = sum(states, ({ jobs }) => jobs.failed);
  const letters = sum(backlogs, ({ deadLetters }) => deadLetters);
  return layout({
    title: 'Overview',
    at: 'overview',
    user,
    refreshSeconds: REFRESH_SECONDS,
    content: html`<h1>Overview</h1>
      ${!backlogs && html`<p class="notice bad" role="alert">Postgres is away: the numbers of owed messages and dead letters are unknown.</p>`}
      ${!states && html`<p class="notice bad" role="alert">Redis is away: the state of the queues is unknown. Messages are still accepted and will be delivered later.</p>`}
      <div class="tiles">
        ${tile(
          'Messages owed',
          sum(backlogs, ({ owed }) => owed),
          owedFor > 0 && `oldest: ${duration(owedFor)}`,
          owedFor > LATE_SECONDS && 'bad',
          '#queues',
        )}
        ${tile(
          'Jobs waiting',
          sum(states, ({ jobs }) => jobs.waiting),
          waitingFor > 0 && `oldest: ${duration(waitingFor)}`,
          waitingFor > LATE_SECONDS && 'warn',
          boardPath(user),
        )}
        ${tile('Jobs failed', failed, failed !== undefined && 'kept for seven days', Boolean(failed) && 'warn', boardPath(user))}
        ${tile('Dead letters', letters, letters === 0 ? 'none' : 'replay or drop them', Boolean(letters) && 'warn', '/dead-letters')}
      </div>
      <h2 id="queues">Queues</h2>
      <div class="scroll">
        <table class="cards">
          <thead>
            <tr>
              <th>Queue</th>
              <th class="number">Owed</th>
              <th class="number">Waiting</th>
              <th class="number">Active</th>
              <th class="number">Delayed</th>
              <th class="number">Failed</th>
              <th class="number">Dead letters</th>
            </tr>
          </thead>
          <tbody>
            ${queues.map((queue) =>
              row(
                user,
                queue,
                backlogs?.find((backlog) => backlog.queue === queue),
                states?.find((state) => state.queue === queue),
              ),
            )}
          </tbody>
        </table>
      </div>
      <p class="quiet">
        Owed: messages in Postgres that were acknowledged and are not yet delivered. The other columns count jobs in
        Redis, each with up to 200 messages. The page reloads every ${REFRESH_SECONDS} seconds.
      </p>`,
  });
}

function tile(
  name: string,
  value: number | undefined,
  note: string | false,
  state: string | false,
  href: string,
): Html {
  return html`<a class="tile ${value === undefined ? 'unknown' : state || ''}" href="${href}">
    <span>${name}</span><b>${value === undefined ? '?' : number(value)}</b><small>${note}</small></a
  >`;
}

function row(user: OpsUser, queue: string, backlog?: Backlog, state?: QueueState): Html {
  const board = `${boardPath(user)}/queue/${encodeURIComponent(queue)}`;
  const { waiting, active, delayed, failed } = state?.jobs ?? {};
  return html`<tr>
    <th scope="row">
      <a href="${board}">${queue}</a> ${state?.paused && html`<span class="badge warn">paused</span>`}
    </th>
    ${figure('Owed', backlog?.owed, age(backlog?.oldestSeconds, backlog?.oldest && `/messages?id=${backlog.oldest.correlationId}`))}
    ${figure('Waiting', waiting, age(state?.oldestSeconds), `${board}?status=waiting`)}
    ${figure('Active', active, undefined, `${board}?status=active`)}
    ${figure('Delayed', delayed, undefined, `${board}?status=delayed`)}
    ${figure('Failed', failed, undefined, `${board}?status=failed`)}
    ${figure('Dead letters', backlog?.deadLetters, undefined, `/dead-letters?queue=${encodeURIComponent(queue)}`)}
  </tr>`;
}

function figure(name: string, value: number | undefined, note?: Part, href?: string): Html {
  const text = value === undefined ? '?' : number(value);
  return html`<td class="number${!value && ' zero'}" data-label="${name}">
    <div>${value && href ? html`<a href="${href}">${text}</a>` : text}${note}</div>
  </td>`;
}

function age(seconds?: number, href?: string): Part {
  if (!seconds) return undefined;
  const text = html`<small${seconds > LATE_SECONDS && html` class="bad-text"`}>oldest ${duration(seconds)}</small>`;
  return href ? html`<small><a href="${href}">${text}</a></small>` : text;
}
