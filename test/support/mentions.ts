type Query = <Row extends object>(sql: string) => Promise<Row[]>;

/** The rows of all tables, each as text with its table's name before it, that hold any of these words. */
export async function mentions(query: Query, ...words: string[]): Promise<string[]> {
  const tables = await query<{ name: string }>(
    `select table_name as name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'`,
  );
  const found: string[] = [];
  for (const { name } of tables) {
    const rows = await query<{ row: string }>(`select t::text as row from ${name} t`);
    for (const { row } of rows) if (words.some((word) => row.includes(word))) found.push(`${name}: ${row}`);
  }
  return found;
}
