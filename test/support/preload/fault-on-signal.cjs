/** A service that meets a fault nobody handles when it is told to: an error of Postgres, which quotes the row. */
process.on('SIGUSR2', () => {
  const error = new Error('new row violates check constraint');
  Object.assign(error, {
    code: '23514',
    detail: `Failing row contains (${process.env.QUOTED}).`,
    where: process.env.QUOTED,
  });
  void Promise.reject(error);
});
