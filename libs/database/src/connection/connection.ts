import type { PoolConfig } from 'pg';

export interface DatabaseOptions {
  url: string;
  /** Shown in pg_stat_activity. */
  applicationName: string;
  /** Maximum number of connections. */
  poolSize?: number;
  /** Time limit of a statement, 5 s by default; longer only for tools without waiting callers. */
  statementTimeoutMs?: number;
}

/** The server cancels a statement after this time. The client gives up slightly later, in case the server hangs. */
const STATEMENT_TIMEOUT_MS = 5000;

const IDLE_IN_TRANSACTION_MS = 10_000;

/** Returns the pool options of a service; every wait has a time limit. */
export function poolOptions({
  url,
  applicationName,
  poolSize = 10,
  statementTimeoutMs = STATEMENT_TIMEOUT_MS,
}: DatabaseOptions): PoolConfig {
  return {
    connectionString: url,
    application_name: applicationName,
    max: poolSize,
    connectionTimeoutMillis: 2000,
    statement_timeout: statementTimeoutMs,
    query_timeout: statementTimeoutMs + 1000,
    // A process that hangs inside a transaction must not keep its locks.
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
    keepAlive: true,
  };
}
