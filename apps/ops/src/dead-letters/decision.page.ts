import type { Replay } from '@herald/database';
import type { OpsUser } from '../auth/ops-users.js';
import { number } from '../pages/figures.js';
import { html, type Html } from '../pages/html.js';
import { layout } from '../pages/layout.js';

const OUTCOMES: Record<Replay['outcome'], { badge: string; text: string }> = {
  replayed: { badge: 'good', text: 'sent back' },
  compared: { badge: 'good', text: 'sent back for comparison' },
  cleared: { badge: 'good', text: 'removed' },
  refused: { badge: 'bad', text: 'refused' },
  gone: { badge: 'warn', text: 'already gone' },
};

/** The outcomes of a replay. When there are many, only the refused ones are listed. */
export function replayedPage({ user, outcomes }: { user: OpsUser; outcomes: Replay[] }): Html {
  const counts = Object.entries(OUTCOMES)
    .map(([outcome, { badge, text }]) => ({
      badge,
      text,
      count: outcomes.filter((each) => each.outcome === outcome).length,
    }))
    .filter(({ count }) => count > 0);
  const shown =
    outcomes.length <= 50 ? outcomes : outcomes.filter(({ outcome }) => outcome === 'refused').slice(0, 200);
  return layout({
    title: 'Replayed',
    at: 'dead-letters',
    user,
    content: html`<p><a href="/dead-letters">Dead letters</a></p>
      <h1>Replayed</h1>
      <p>
        ${counts.map(({ badge, text, count }) => html`<span class="badge ${badge}">${number(count)} ${text}</span> `)}
        ${counts.length === 0 && 'No dead letters matched.'}
      </p>
      ${
        shown.length > 0 &&
        html`<div class="scroll">
          <table class="cards">
            <thead>
              <tr>
                <th>Dead letter</th>
                <th>Outcome</th>
                <th>Reason</th>
              </tr>
            </thead>
            <tbody>
              ${shown.map(
                ({ id, outcome, reason }) =>
                  html`<tr>
                    <th scope="row">${outcome === 'refused' ? html`<a href="/dead-letters/${id}">${id}</a>` : id}</th>
                    <td data-label="Outcome">
                      <span class="badge ${OUTCOMES[outcome].badge}">${OUTCOMES[outcome].text}</span>
                    </td>
                    <td class="wide error-text" data-label="Reason">${reason}</td>
                  </tr>`,
              )}
            </tbody>
          </table>
        </div>`
      }`,
  });
}

export function confirmDropPage({ user, ids }: { user: OpsUser; ids: string[] }): Html {
  const many = ids.length === 1 ? 'this dead letter' : `these ${number(ids.length)} dead letters`;
  return layout({
    title: 'Drop',
    at: 'dead-letters',
    user,
    content: html`<h1>Drop ${many}?</h1>
      <form class="card" method="post" action="/dead-letters/drop">
        <p>
          Dropped messages are deleted permanently and never delivered:
          ${ids.slice(0, 50).map((id, n) => html`${n > 0 && ', '}<a href="/dead-letters/${id}">${id}</a>`)}${ids.length > 50 && ' …'}
        </p>
        ${ids.map((id) => html`<input type="hidden" name="id" value="${id}" />`)}
        <div class="actions">
          <button class="danger">Drop permanently</button> <a class="button second" href="/dead-letters">Keep</a>
        </div>
      </form>`,
  });
}

export function droppedPage({ user, selected, dropped }: { user: OpsUser; selected: number; dropped: number }): Html {
  return layout({
    title: 'Dropped',
    at: 'dead-letters',
    user,
    content: html`<p><a href="/dead-letters">Dead letters</a></p>
      <h1>Dropped</h1>
      <p class="notice good">
        ${number(dropped)} dropped${dropped < selected && `; ${number(selected - dropped)} were already gone`}.
      </p>`,
  });
}
