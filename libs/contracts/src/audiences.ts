/**
 * Names of those whom a change concerns, as workers announce it and streams wait for it. The function
 * `changed_audiences` in Postgres makes the same names.
 */
export const audience = {
  feed: (companyId: string, login: string) => `feed ${companyId} ${login}`,
  actions: (companyId: string) => `actions ${companyId}`,
  questions: (merchantId: number) => `questions ${merchantId}`,
};
