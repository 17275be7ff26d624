import { STEP_WORDS } from '@herald/contracts';
import type { TraceStep } from '@herald/database';
import type { OpsUser } from '../auth/ops-users.js';
import { html, type Html } from '../pages/html.js';
import { errorFor } from '../visibility.js';

const STYLES: Partial<Record<TraceStep['step'], string>> = { delivered: 'good', given_up: 'bad', replayed: 'warn' };

const sentence = (words: string) => words[0]?.toUpperCase() + words.slice(1);

/** Renders the steps of a message, each with the time since the previous one. */
export function timeline(user: OpsUser, steps: TraceStep[]): Html {
  return html`<ol class="steps">
    ${steps.map((step, index) => {
      const style = STYLES[step.step];
      const before = steps[index - 1];
      const tookMs = before && Date.parse(step.at) - Date.parse(before.at);
      return html`<li class="${step.detail ? (style ?? 'warn') : (style ?? '')}">
        <b>${sentence(STEP_WORDS[step.step])}</b
        >${step.attempt && step.step === 'attempt' && html` <small>attempt ${step.attempt}</small>`}<br />
        <small
          ><time datetime="${step.at}">${step.at.replace('T', ' ')}</time
          >${tookMs !== undefined && ` · ${took(tookMs)} later`}</small
        >
        ${step.detail && step.detail !== before?.detail && html`<br /><span class="bad-text">${errorFor(user, step.detail)}</span>`}
      </li>`;
    })}
  </ol>`;
}

const took = (ms: number): string => (ms < 1000 ? `${ms} ms` : `${(ms / 1000).toFixed(1)} s`);
