/** The value below which `share` of the values lie; the values are sorted in place. */
export function percentile(values, share) {
  if (values.length === 0) return NaN;
  values.sort((a, b) => a - b);
  return values[Math.min(values.length - 1, Math.floor(values.length * share))];
}

export const median = (values) => percentile([...values], 0.5);
