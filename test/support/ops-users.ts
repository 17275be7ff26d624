export const PASSWORD = 'for-tests-only';

/** The users of ops, each with the same password, hashed cheaply. */
export const OPS_USERS = ['ada:admin', 'vera:viewer']
  .map((user) => `${user}:scrypt.1024.8.1.U4fOuxbN7zoTkwIDPe9axg.btqrY7NAVYU8WOBhDIPRklCnAc1T03ShIhqHOBegt_E`)
  .join(',');

export const OPS_SESSION_SECRET = 'signs-the-sessions-of-ops-in-tests';

/** The header that a program logs in with. */
export const basic = (name: string, password = PASSWORD) =>
  `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`;
