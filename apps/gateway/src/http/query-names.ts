import { z } from 'zod';

/** `name[]` or `name[0]`, as axios, PHP and jQuery name the items of a list; others bracket other things. */
const BRACKETED = /^([^[]+)\[(.*)$/s;
const ITEM = /^\d{0,9}\]$/;

type Query = Record<string, string | string[]>;

/**
 * A query string by the names that `schema` documents. The items of `lists` may be named with brackets. In the name of
 * any other documented parameter brackets are a mistake; names that nobody knows are ignored.
 */
export function parameters<T extends z.ZodObject>(schema: T, ...lists: (keyof T['shape'] & string)[]) {
  return z.preprocess((given, ctx) => {
    const query: Query = { ...(given as Query) };
    for (const [key, value] of Object.entries(query)) {
      const [, name = '', rest = ''] = BRACKETED.exec(key) ?? [];
      if (!Object.hasOwn(schema.shape, name)) continue;
      if (lists.includes(name) && ITEM.test(rest)) query[name] = [query[name] ?? [], value].flat();
      else ctx.addIssue({ code: 'custom', path: [key.slice(0, 100)], message: `is not known; it is called ${name}` });
    }
    return query;
  }, schema);
}
