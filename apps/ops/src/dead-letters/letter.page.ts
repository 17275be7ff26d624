import type { DeadLetterDetails, Replay, TraceStep } from '@herald/database';
import type { OpsUser } from '../auth/ops-users.js';
import { timeline } from '../messages/timeline.js';
import { moment } from '../pages/figures.js';
import { html, type Html, type Part } from '../pages/html.js';
import { layout } from '../pages/layout.js';
import { contentFor, errorFor, jobNameFor } from '../visibility.js';

const REPLAY_TEXTS: Record<Replay['outcome'], string> = {
  replayed: 'A replay would send it back.',
  compared: 'A replay would let the worker compare it with the delivered message',
  cleared: 'A replay would remove it',
  refused: 'It cannot be replayed',
  gone: 'It no longer exists.',
};

interface Letter {
  user: OpsUser;
  letter: DeadLetterDetails;
  /** The outcome that a replay would have; undefined for viewers, who may not replay. */
  preview?: Replay;
}

export function letterPage({ user, letter, preview }: Letter): Html {
  const { id, queue, job, companyId, correlationId, error, direct, content, givenUpAt } = letter;
  return layout({
    title: `Dead letter ${id}`,
    at: 'dead-letters',
    user,
    content: html`<p><a href="/dead-letters">Dead letters</a></p>
      <h1>Dead letter ${id} <span class="badge">${queue}</span></h1>
      <p class="notice bad">${errorFor(user, error)}</p>
      ${preview && actions(id, preview)}
      <section class="card">
        <dl class="facts">
          <dt>Queue and job</dt>
          <dd>${queue}, ${jobNameFor(user, job)}</dd>
          <dt>Source</dt>
          <dd>${direct ? 'direct job of an internal service' : 'gateway'}</dd>
          <dt>Company</dt>
          <dd class="id">${companyId ?? 'unknown'}</dd>
          <dt>correlationId</dt>
          <dd class="id">
            ${correlationId ? html`<a href="/messages?id=${correlationId}">${correlationId}</a>` : 'none'}
          </dd>
          <dt>Given up</dt>
          <dd>${moment(givenUpAt)}</dd>
        </dl>
      </section>
      <h2>Trace</h2>
      <section class="card">${timeline(user, stepsOf(letter))}</section>
      <h2>
        Content${user.role === 'viewer' && html` <small>ids only; the content of messages is visible to admins</small>`}
      </h2>
      <pre tabindex="0">${contentFor(user, content)}</pre>`,
  });
}

function stepsOf({ acceptedAt, givenUpAt, history }: DeadLetterDetails): TraceStep[] {
  const step = (name: TraceStep['step'], at: Date): TraceStep => ({ step: name, at: at.toISOString() });
  return [...(acceptedAt ? [step('accepted', acceptedAt)] : []), ...history, step('given_up', givenUpAt)];
}

function actions(id: string, { outcome, reason }: Replay): Part {
  return html`<form class="actions" method="post" action="/dead-letters/replay">
    <input type="hidden" name="id" value="${id}" />
    ${outcome !== 'refused' && html`<button>Replay</button>`}
    <button class="danger" formmethod="get" formaction="/dead-letters/drop">Drop …</button>
    <span class="quiet">${REPLAY_TEXTS[outcome]}${reason && `: ${reason}.`}</span>
  </form>`;
}
