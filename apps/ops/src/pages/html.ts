/** Text that is safe HTML. Only `html` creates it, so that all other text is escaped. */
export class Html {
  private constructor(private readonly text: string) {}

  static of(strings: TemplateStringsArray, values: readonly Part[]): Html {
    return new Html(strings.reduce((text, string, index) => text + textOf(values[index - 1]) + string));
  }

  toString(): string {
    return this.text;
  }
}

/** A value in a template. Nothing is shown for false, null and undefined. */
export type Part = Html | string | number | false | null | undefined | readonly Part[];

const ESCAPES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

function textOf(part: Part): string {
  if (part === false || part === null || part === undefined) return '';
  if (part instanceof Html) return part.toString();
  if (typeof part === 'object') return part.map(textOf).join('');
  return String(part).replaceAll(/[&<>"']/g, (character) => ESCAPES[character] as string);
}

/** A template that escapes its values. Attribute values must be in quotes. */
export const html = (strings: TemplateStringsArray, ...values: Part[]): Html => Html.of(strings, values);

/** The content type of a page. */
export const HTML = 'text/html; charset=utf-8';
