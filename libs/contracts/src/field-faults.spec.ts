import { fieldErrors, summaryOf } from './field-faults.js';

const unknown = (count: number, name = 'stray') => ({
  message: 'Unrecognized keys',
  keys: Array.from({ length: count }, (_, n) => `${name}${n}`),
});
const told = (issues: Parameters<typeof fieldErrors>[0], most?: number) => {
  const errors = fieldErrors(issues, 'body', most);
  return { errors, message: summaryOf(issues, errors) };
};

describe('what a client is told of its faults', () => {
  it('is one entry a field, and the first in words', () => {
    const missing = { message: 'is required', path: ['message', 'title'] };
    expect(told([missing, unknown(1)])).toEqual({
      errors: [
        { field: 'message.title', message: 'is required' },
        { field: 'stray0', message: 'is not a known field' },
      ],
      message: 'message.title is required (and 1 more)',
    });
  });

  it('is bounded, and says how much is left out', () => {
    const { errors, message } = told([unknown(3000), unknown(5)]);
    expect(errors).toHaveLength(50);
    expect(message).toBe('stray0 is not a known field (and 3004 more; 50 are listed)');
    expect(told([unknown(3)], 1)).toEqual({
      errors: [{ field: 'stray0', message: 'is not a known field' }],
      message: 'stray0 is not a known field (and 2 more; the first is listed)',
    });
  });

  it('repeats the start of an endless name, without half an emoji', () => {
    const { errors } = told([{ message: '', keys: [`x${'😀'.repeat(5000)}`] }]);
    expect(errors[0]?.field).toBe(`x${'😀'.repeat(49)}`);
  });
});
