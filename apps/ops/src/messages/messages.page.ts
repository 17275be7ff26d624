import { stateWords } from '@herald/contracts';
import { type MessagePlace, stepsOf } from '@herald/database';
import type { OpsUser } from '../auth/ops-users.js';
import { moment } from '../pages/figures.js';
import { html, type Html } from '../pages/html.js';
import { layout } from '../pages/layout.js';
import { timeline } from './timeline.js';

const BADGES: Record<MessagePlace['state'], string> = {
  accepted: 'warn',
  queued: 'warn',
  delivered: 'good',
  given_up: 'bad',
};

interface Messages {
  user: OpsUser;
  typed: string[];
  /** The typed values that are correlationIds. */
  ids: string[];
  places: MessagePlace[];
}

export function messagesPage({ user, typed, ids, places }: Messages): Html {
  return layout({
    title: 'Messages',
    at: 'messages',
    user,
    content: html`<h1>Messages</h1>
      <form class="search card" method="get" action="/messages" role="search">
        <label
          >correlationId <input name="id" value="${typed.length === 1 && typed[0]}" spellcheck="false" required
        /></label>
        <button>Find</button>
      </form>
      ${typed.length > ids.length && html`<p class="notice bad" role="alert">A correlationId must be a UUID.</p>`}
      ${ids.length > 0 && places.length === 0 && html`<p class="card empty">No trace of ${ids.length === 1 ? 'this message' : 'these messages'} was found. Commands, and the questions and answers of merchants, leave none.</p>`}
      ${places.length > 0 && (ids.length === 1 ? places.map((place) => details(user, place)) : table(places))}`,
  });
}

const stateOf = ({ state }: MessagePlace) => html`<span class="badge ${BADGES[state]}">${stateWords(state)}</span>`;

function details(user: OpsUser, place: MessagePlace): Html {
  const { correlation_id: id, company_id: company, queue, state } = place;
  return html`<section class="card">
    <dl class="facts">
      <dt>State</dt>
      <dd>${stateOf(place)}</dd>
      <dt>Queue</dt>
      <dd>${queue}</dd>
      <dt>Company</dt>
      <dd class="id">${company ?? 'unknown'}</dd>
      ${
        state === 'given_up' &&
        html`<dt>Dead letter</dt>
          <dd><a href="/dead-letters?correlationId=${id}">open</a></dd>`
      }
    </dl>
    <h2>Trace</h2>
    ${timeline(user, stepsOf(place))}
  </section>`;
}

function table(places: MessagePlace[]): Html {
  return html`<div class="scroll">
    <table class="cards">
      <thead>
        <tr>
          <th>correlationId</th>
          <th>State</th>
          <th>Queue</th>
          <th>Since</th>
        </tr>
      </thead>
      <tbody>
        ${places.map((place) => {
          const since = place.ended_at ?? place.queued_at ?? place.accepted_at;
          return html`<tr>
            <th scope="row" class="id"><a href="/messages?id=${place.correlation_id}">${place.correlation_id}</a></th>
            <td data-label="State">${stateOf(place)}</td>
            <td data-label="Queue">${place.queue}</td>
            <td data-label="Since">${since && moment(since)}</td>
          </tr>`;
        })}
      </tbody>
    </table>
  </div>`;
}
