/** Text that is HTML already: made by `html` alone, so that everything else is escaped. */
export class Html {
  private constructor(private readonly text: string) {}

  static of(strings: TemplateStringsArray, values: readonly Part[]): Html {
    return new Html(strings.reduce((text, string, index) => text + textOf(values[index - 1]) + string));
  }

  toString(): string {
    return this.text;
  }
}

/** What may stand in a template; nothing is shown of false, null and undefined. */
export type Part = Html | string | number | false | null | undefined | readonly Part[];

const ESCAPES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

function textOf(part: Part): string {
  if (part === false || part === null || part === undefined) return '';
  if (part instanceof Html) return part.toString();
  if (typeof part === 'object') return part.map(textOf).join('');
  return String(part).replaceAll(/[&<>"']/g, (character) => ESCAPES[character] as string);
}

/** A template whose values are escaped, whatever they hold. Attributes must stand in quotes. */
export const html = (strings: TemplateStringsArray, ...values: Part[]): Html => Html.of(strings, values);

/** The type of a page. */
export const HTML = 'text/html; charset=utf-8';
