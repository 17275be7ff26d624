import type { PoolConfig } from 'pg';

export interface DatabaseOptions {
  url: string;
  /** Shown in pg_stat_activity. */
  applicationName: string;
  /** Connections at the most. */
  poolSize?: number;
  /** Longest time a statement may take; 5 s unless given, more only for tools that nobody waits for. */
  statementTimeoutMs?: number;
}

/** The server ends a statement after this time; the client gives up a little later, should the server be frozen. */
const STATEMENT_TIMEOUT_MS = 5000;

const IDLE_IN_TRANSACTION_MS = 10_000;

/** How a service connects: every wait has an end. */
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
    // A process that froze inside a transaction must not keep its locks from the others.
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
    keepAlive: true,
  };
}
