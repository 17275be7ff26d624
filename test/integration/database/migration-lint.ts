import type { MigrationInterface, QueryRunner } from 'typeorm';
import { parse } from 'libpg-query';

/** A node of Postgres' own parse tree; its fields are read by name. */
type Node = Record<string, any>;

/** The statements of `up`, in order. Nothing is run. */
async function statementsOf(migration: MigrationInterface): Promise<Node[]> {
  const texts: string[] = [];
  const query = (text: string) => Promise.resolve(void texts.push(text));
  const createQueryRunner = () => ({ query, release: () => Promise.resolve() });
  await migration.up({ query, connection: { createQueryRunner } } as unknown as QueryRunner);
  const parsed = await Promise.all(texts.map((text) => parse(text) as Promise<Node>));
  return parsed.flatMap(({ stmts }) => (stmts as Node[]).map(({ stmt }) => stmt as Node));
}

/**
 * Finds the statements of a migration that would block writers of a large table, or break the version that still runs.
 * Tables that it creates itself are empty and unused.
 */
export async function faultsOf(migration: MigrationInterface): Promise<string[]> {
  const statements = await statementsOf(migration);
  const made = new Set(
    statements.flatMap(({ CreateStmt }) => (CreateStmt ? [CreateStmt.relation.relname as string] : [])),
  );
  const inTransaction = (migration as { transaction?: boolean }).transaction !== false;
  return statements.flatMap((statement) => {
    const [kind, node] = Object.entries(statement)[0] as [string, Node];
    const table = node['relation']?.relname as string | undefined;
    if (table && made.has(table)) return [];
    return (JUDGES[kind]?.(node, inTransaction) ?? []).map((fault) => (table ? `${table}: ${fault}` : fault));
  });
}

const JUDGES: Record<string, (node: Node, inTransaction: boolean) => string[]> = {
  IndexStmt: ({ concurrent }, inTransaction) => {
    if (!concurrent) return ['an index is built while writers wait: create it concurrently'];
    return inTransaction ? ['an index cannot be built concurrently in a transaction: transaction = false'] : [];
  },
  DropStmt: ({ removeType, concurrent }) => {
    if (removeType === 'OBJECT_TABLE') return ['a table is dropped that the running version may use'];
    return removeType === 'OBJECT_INDEX' && !concurrent ? ['an index is dropped while writers wait: concurrently'] : [];
  },
  AlterTableStmt: ({ cmds }) => (cmds as Node[]).flatMap(({ AlterTableCmd }) => judgeChange(AlterTableCmd as Node)),
  RenameStmt: () => ['a rename breaks the version that still runs'],
  UpdateStmt: () => ['all rows are written in one transaction: in batches, outside of migrations'],
  DeleteStmt: () => ['rows are removed in one transaction: in batches, outside of migrations'],
  DoStmt: ({ args }) =>
    /^\s*begin\s+if not exists \(select from pg_roles/.test(bodyOf(args)) ? [] : ['a do block hides what it does'],
  ReindexStmt: () => ['writers wait'],
  ClusterStmt: () => ['readers and writers wait'],
  VacuumStmt: () => ['readers and writers may wait'],
  LockStmt: () => ['a table is locked on purpose'],
  RefreshMatViewStmt: () => ['readers wait'],
};

const bodyOf = (args: Node[]): string =>
  args.map(({ DefElem }) => DefElem.arg?.String?.sval as string | undefined).find(Boolean) ?? '';

function judgeChange({ subtype, def }: Node): string[] {
  switch (subtype) {
    case 'AT_AddColumn':
      return judgeColumn(def.ColumnDef);
    case 'AT_SetNotNull':
      return ['every row is checked under a lock: add a check not valid, validate it, then set not null'];
    case 'AT_AlterColumnType':
      return ['the table is rewritten: another column instead'];
    case 'AT_DropColumn':
      return ['a column is dropped that the running version may use'];
    case 'AT_AddConstraint':
      return judgeConstraint(def.Constraint);
    default:
      return [];
  }
}

const judgeConstraint = ({ contype, skip_validation, indexname }: Node): string[] =>
  contype === 'CONSTR_PRIMARY' || contype === 'CONSTR_UNIQUE' || contype === 'CONSTR_EXCLUSION'
    ? indexname
      ? []
      : ['its index is built under a lock: create it concurrently, then add the constraint using it']
    : skip_validation
      ? []
      : ['every row is checked under a lock: add it not valid, then validate it'];

/** A constant is kept in the catalogue; anything else may be written into every row. */
const isConstant = (node: Node): boolean =>
  'A_Const' in node || ('TypeCast' in node && isConstant((node['TypeCast'] as Node)['arg'] as Node));

function judgeColumn({ constraints = [] }: Node): string[] {
  const parts = (constraints as Node[]).map(({ Constraint }) => Constraint as Node);
  const given = parts.find(({ contype }) => contype === 'CONSTR_DEFAULT');
  return parts.flatMap((part) => {
    switch (part['contype']) {
      case 'CONSTR_DEFAULT':
        return isConstant(part['raw_expr'] as Node) ? [] : ['a default that is no constant rewrites the table'];
      case 'CONSTR_NOTNULL':
        return given ? [] : ['a column that may not be null needs a default'];
      case 'CONSTR_NULL':
        return [];
      default:
        return ['a column with a constraint or generated values is checked or written under a lock'];
    }
  });
}
