import { Database, type Sql } from '@herald/database';

type Query = <Row extends Record<string, unknown>>(text: string, values?: unknown[]) => Promise<Row[]>;

/** Intercepts the statements between a query class and Postgres; `run` runs a statement. */
export type Intercept = (text: string, values: unknown[] | undefined, run: Query) => Promise<Record<string, unknown>[]>;

/** The database as a service's role has it, the gateway's unless given: every statement of a transaction in the hands of the test. */
export class Intercepted extends Database {
  constructor(
    databaseUrl: string,
    private readonly intercept: Intercept,
    role = 'herald_gateway',
  ) {
    super({
      url: inRole(databaseUrl, role),
      applicationName: 'test-intercepted',
      poolSize: 1,
      statementTimeoutMs: 60_000,
    });
  }

  override transaction<T>(work: (tx: Sql, begun: unknown) => Promise<T>, begin?: string): Promise<T> {
    return super.transaction(
      (tx, begun) =>
        work(
          {
            query: async <Row extends Record<string, unknown>>(text: string, values?: unknown[]) =>
              (await this.intercept(text, values, (...statement) => tx.query(...statement))) as Row[],
          },
          begun,
        ),
      begin,
    );
  }
}

/** The superuser's URL, in the role from the start: its policies hold. */
function inRole(databaseUrl: string, role: string): string {
  const url = new URL(databaseUrl);
  url.searchParams.set('options', `-c role=${role}`);
  return url.href;
}
