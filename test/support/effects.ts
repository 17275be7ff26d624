import { eventually } from './eventually.js';
import type { Herald } from './herald.js';

/** Where the three products' effects show: each row that comes, changes or goes there is noted. */
const PLACES = ['feed_messages', 'agent_actions', 'agent_action_recipients', 'notifications'];

const NOTE = `
  create table effects (id bigint generated always as identity, effect text not null, row text not null);
  create function note_effect() returns trigger language plpgsql security definer as $$ begin
    insert into effects (effect, row) values (lower(tg_op) || ' ' || tg_table_name, coalesce(new, old)::text);
    return null;
  end $$;
  ${PLACES.map(
    (table) => `create trigger note_effect after insert or update or delete on ${table}
                for each row execute function note_effect();`,
  ).join('\n')}`;

/** Counts what really happened in the tables, whatever clients were told. */
export class Effects {
  private constructor(private readonly herald: Herald) {}

  static async noted(herald: Herald): Promise<Effects> {
    await herald.query(NOTE);
    return new Effects(herald);
  }

  /** How often `effect` ("insert feed_messages") happened to rows that hold `mark`, once nothing is owed any more. */
  async count(effect: string, mark: string): Promise<number> {
    await eventually(async () => (await this.herald.query('select from outbox')).length === 0, 20_000);
    const [row] = await this.herald.query<{ count: number }>(
      'select count(*)::int from effects where effect = $1 and position($2 in row) > 0',
      [effect, mark],
    );
    return row?.count as number;
  }
}
