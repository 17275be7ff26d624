import { eventually } from './eventually.js';
import type { Herald } from './herald.js';

/** The tables with the effects of the three products. Each insert, update and delete is recorded. */
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

/** Counts what really happened in the tables, independently of the responses. */
export class Effects {
  private constructor(private readonly herald: Herald) {}

  static async noted(herald: Herald): Promise<Effects> {
    await herald.query(NOTE);
    return new Effects(herald);
  }

  /** Counts `effect` ("insert feed_messages") on rows that contain `mark`, once nothing is owed any more. */
  async count(effect: string, mark: string): Promise<number> {
    await eventually(async () => (await this.herald.query('select from outbox')).length === 0, 20_000);
    const [row] = await this.herald.query<{ count: number }>(
      'select count(*)::int from effects where effect = $1 and position($2 in row) > 0',
      [effect, mark],
    );
    return row?.count as number;
  }
}
