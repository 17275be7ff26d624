import { maskedError } from './masked-error.js';

const ID = '6c2f0d9e-3b1a-4f57-9a64-0c1d2e3f4a5b';

it.each([
  ['body.message.title: must have at most 30 characters', 'body.message.title: must have at most ••• characters'],
  ['companyId: must be a UUID; body: is required', 'companyId: must be a UUID; body: is required'],
  [`company ${ID} is not known`, `company ${ID} is not known`],
  [
    'insert or update on table "feed_messages" violates foreign key constraint "feed_messages_company_id_fkey"',
    'insert or update on table ••• violates foreign key constraint •••',
  ],
  ['its workers died or hung too often', 'its workers died or hung too often'],
  ['the queue delivery has no job "constructor"', 'the queue delivery has no job •••'],
])('%s', (error, shown) => {
  expect(maskedError(error)).toBe(shown);
});

it.each([
  'the title "Segredo" is too long',
  `the title 'Segredo' is too long`,
  'the title "she said "Segredo" and left" is too long',
  String.raw`the title "she said \"Segredo\" and left`,
  'the title “Segredo” is too long',
  'the title "Segredo is not closed',
  'invalid input syntax for type uuid: Segredo',
  `Unexpected token 'S', "Segredo" is not valid JSON`,
  'body.metadata.Segredo: must be a string',
  'body.Segredo.title: must be a string',
  'Segredo: must be a string',
  'title=Segredo',
  '(Segredo)',
  'must(Segredo)be',
])('hides what is quoted in: %s', (error) => {
  expect(maskedError(error)).not.toMatch(/segredo/i);
});

it.each(['+5511987654321', '493817', 'body.metadata.493817: must be short', '"\\u0053egredo"', 'OTP:493817'])(
  'hides numbers and escapes: %s',
  (error) => {
    expect(maskedError(error)).not.toMatch(/\d{2}|egredo/);
  },
);
