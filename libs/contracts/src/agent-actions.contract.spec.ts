import { RecordAction } from './agent-actions.contract.js';

const action = (action_url: string) => ({ notification_type: 'system', title: 'x', message: 'x', action_url });

it('takes an address with a Latin-1 letter, also once the engine has optimised the check', () => {
  const taken = Array.from({ length: 20_000 }, () => RecordAction.safeParse(action('https://é.example')).success);
  expect(taken).not.toContain(false);
});
