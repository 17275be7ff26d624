import type { DeadLetter, SameFault } from '@herald/database';
import type { OpsUser } from '../auth/ops-users.js';
import { moment, number } from '../pages/figures.js';
import { html, type Html, type Part } from '../pages/html.js';
import { layout } from '../pages/layout.js';
import { errorFor, jobNameFor, readsContent } from '../visibility.js';
import { faultsFor } from './faults-for.js';
import { queryOf, type Search } from './search.js';

export interface Letters {
  user: OpsUser;
  search: Search;
  faults: string[];
  queues: string[];
  deadLetters: DeadLetter[];
  nextCursor: string | null;
  /** The number of all dead letters that match. */
  count: number;
  sameFaults: SameFault[];
  isFirst: boolean;
  /** The number of dead letters that one replay may include. */
  max: number;
}

export function lettersPage(letters: Letters): Html {
  const { user, search, faults, deadLetters, nextCursor, count, isFirst } = letters;
  const sameFaults = faultsFor(user, letters.sameFaults);
  return layout({
    title: 'Dead letters',
    at: 'dead-letters',
    user,
    content: html`<h1>Dead letters <small>${number(count)}</small></h1>
      ${searchForm(letters)} ${faults.map((fault) => html`<p class="notice bad" role="alert">${fault}</p>`)}
      ${
        sameFaults.length > 1 &&
        html`<h2>By error</h2>
          ${faultsTable(user, search, sameFaults)}
          <h2>All dead letters</h2>`
      }
      ${
        deadLetters.length === 0
          ? html`<p class="card empty">
              ${queryOf(search) || faults.length > 0 || !isFirst ? 'No dead letters match.' : 'There are no dead letters.'}
            </p>`
          : list(letters)
      }
      ${nextCursor && html`<p class="actions"><a class="button second" href="/dead-letters?${queryOf(search, { cursor: nextCursor })}">Older</a></p>`}`,
  });
}

function searchForm({ user, search, queues }: Letters): Html {
  return html`<form class="search card" method="get" action="/dead-letters" role="search">
    <label
      >Queue
      <select name="queue">
        <option value="">all</option>
        ${queues.map((queue) => html`<option value="${queue}" ${queue === search.queue && html` selected`}>${queue}</option>`)}
      </select></label
    >
    <label>correlationId <input name="correlationId" value="${search.correlationId}" spellcheck="false" /></label>
    <label>Company <input name="company" value="${search.company}" spellcheck="false" placeholder="its id" /></label>
    ${readsContent(user) && html`<label>Error <input name="error" value="${search.error}" placeholder="part of its text" /></label>`}
    <button>Search</button>
  </form>`;
}

function faultsTable(user: OpsUser, search: Search, faults: SameFault[]): Html {
  return html`<div class="scroll">
    <table class="cards">
      <thead>
        <tr>
          <th>Queue</th>
          <th>Error</th>
          <th class="number">Dead letters</th>
          <th>Newest</th>
        </tr>
      </thead>
      <tbody>
        ${faults.map(
          ({ queue, job, error, count, newest }) =>
            html`<tr>
              <th scope="row">${queue} <small>${job}</small></th>
              <td class="wide error-text" data-label="Error">
                ${
                  readsContent(user)
                    ? html`<a href="/dead-letters?${queryOf({ ...search, queue, error })}">${error}</a>`
                    : error
                }
              </td>
              <td class="number" data-label="Dead letters">${number(count)}</td>
              <td data-label="Newest">${moment(newest)}</td>
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

function list(letters: Letters): Html {
  const { user, deadLetters } = letters;
  const isAdmin = user.role === 'admin';
  const table = html`<div class="scroll">
    <table class="cards">
      <thead>
        <tr>
          ${isAdmin && html`<th></th>`}
          <th>Given up</th>
          <th>Queue</th>
          <th>Error</th>
          <th>Company, correlationId</th>
        </tr>
      </thead>
      <tbody>
        ${deadLetters.map((letter) => row(user, letter, isAdmin))}
      </tbody>
    </table>
  </div>`;
  if (!isAdmin) return table;
  return html`<form method="post" action="/dead-letters/replay">
    ${table}
    <div class="actions">
      <button>Replay selected</button>
      <button class="danger" formmethod="get" formaction="/dead-letters/drop">Drop selected …</button>
      ${replayAll(letters)}
    </div>
  </form>`;
}

/** Adds the fields of the search to the form of the list. */
function replayAll({ search, count, max }: Letters): Part {
  if (count <= 1) return undefined;
  const fields = Object.entries(search).map(
    ([name, value]) => value && html`<input type="hidden" name="${name}" value="${value}" />`,
  );
  const all = count > max ? `the oldest ${number(max)} of ${number(count)}` : `all ${number(count)}`;
  return html`${fields}<button class="second" name="matching" value="all">Replay ${all} matches</button>`;
}

function row(user: OpsUser, letter: DeadLetter, isAdmin: boolean): Html {
  const { id, queue, job, companyId, correlationId, error, givenUpAt } = letter;
  return html`<tr>
    ${isAdmin && html`<td data-label="Select"><input type="checkbox" name="id" value="${id}" aria-label="Dead letter ${id}" /></td>`}
    <td data-label="Given up"><a href="/dead-letters/${id}">${moment(givenUpAt)}</a></td>
    <td data-label="Queue">
      <div>${queue}<br /><small>${jobNameFor(user, job)}</small></div>
    </td>
    <td class="wide error-text" data-label="Error">${errorFor(user, error)}</td>
    <td class="wide id" data-label="Company, correlationId">
      ${companyId ?? html`<span class="quiet">no company</span>`}<br />
      ${correlationId ? html`<a href="/messages?id=${correlationId}">${correlationId}</a>` : html`<span class="quiet">no correlationId</span>`}
    </td>
  </tr>`;
}
