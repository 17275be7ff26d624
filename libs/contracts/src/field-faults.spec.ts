import { fieldErrors, summaryOf } from './field-faults.js';

const unknown = (count: number, name = 'stray') => ({
  message: 'Unrecognized keys',
  keys: Array.from({ length: count }, (_, n) => `${name}${n}`),
});
const told = (issues: Parameters<typeof fieldErrors>[0], most?: number) => {
  const errors = fieldErrors(issues, 'body', most);
  return { errors, message: summaryOf(issues, errors) };
};

describe('the faults in a refusal', () => {
  it('have one entry per field, and the first one in words', () => {
    const missing = { message: 'is required', path: ['message', 'title'] };
    expect(told([missing, unknown(1)])).toEqual({
      errors: [
        { field: 'message.title', message: 'is required' },
        { field: 'stray0', message: 'is not a known field' },
      ],
      message: 'message.title is required (and 1 more)',
    });
  });

  it('are limited, with the number of omitted ones', () => {
    const { errors, message } = told([unknown(3000), unknown(5)]);
    expect(errors).toHaveLength(50);
    expect(message).toBe('stray0 is not a known field (and 3004 more; 50 are listed)');
    expect(told([unknown(3)], 1)).toEqual({
      errors: [{ field: 'stray0', message: 'is not a known field' }],
      message: 'stray0 is not a known field (and 2 more; the first is listed)',
    });
  });

  it('repeat the start of a very long name, without splitting an emoji', () => {
    const { errors } = told([{ message: '', keys: [`x${'😀'.repeat(5000)}`] }]);
    expect(errors[0]?.field).toBe(`x${'😀'.repeat(49)}`);
  });
});
