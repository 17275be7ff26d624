/** A service that throws an unhandled error on a signal: one of Postgres, which quotes the row. */
process.on('SIGUSR2', () => {
  const error = new Error('new row violates check constraint');
  Object.assign(error, {
    code: '23514',
    detail: `Failing row contains (${process.env.QUOTED}).`,
    where: process.env.QUOTED,
  });
  void Promise.reject(error);
});
