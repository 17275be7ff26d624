import { prefers } from './accept.js';

const PROBLEM = 'application/problem+json';

it.each([
  PROBLEM,
  'Application/Problem+JSON',
  `${PROBLEM}; charset=utf-8`,
  `application/json, ${PROBLEM}`,
  `${PROBLEM}, application/json`,
  `${PROBLEM};q=0.1`,
  `${PROBLEM};q=0.8, application/json;q=0.7`,
  `${PROBLEM};q=0.8;v=1, */*;q=0.5`,
  `application/json;q=0, ${PROBLEM};q=0.5, */*`,
  `text/html,, ;,${PROBLEM}`,
])('%j asks for a problem document', (accept) => {
  expect(prefers(accept, PROBLEM, 'application/json')).toBe(true);
});

it.each([
  undefined,
  '',
  '*/*',
  'application/*',
  'application/json',
  'text/html',
  `${PROBLEM};q=0`,
  `${PROBLEM}; Q=0.000`,
  `${PROBLEM};q=0, */*`,
  `${PROBLEM};q=0.5, application/json`,
  `${PROBLEM};q=0.5, application/*`,
  `${PROBLEM};q=0.5, */*;q=0.6`,
  `${PROBLEM};q=.`,
  `x-${PROBLEM}`,
  `${PROBLEM}x`,
  ';q=1',
])('%j asks for the usual envelope', (accept) => {
  expect(prefers(accept, PROBLEM, 'application/json')).toBe(false);
});
