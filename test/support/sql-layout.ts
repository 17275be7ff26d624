import { format } from 'sql-formatter';

const WIDTH = 120;
const CLAUSE =
  /^( *)((?:select|select from|select distinct|from|where|set|values|group by|order by|having|limit|offset|returning|insert into|update)(?: on \(.*\) \S+)?)\n +/gm;

/** A statement as text to be read: formatted, with what fits on one line on one line. */
export function layOut(text: string): string {
  const formatted = format(text, { language: 'postgresql', expressionWidth: WIDTH });
  return fillLists(inlineBrackets(formatted.replace(/\bselect\n +from\b/g, 'select from').replace(CLAUSE, '$1$2 ')));
}

function inlineBrackets(text: string): string {
  let at = -1;
  while ((at = text.indexOf('(\n', at + 1)) >= 0) {
    const end = endOf(text, at);
    const inside = text
      .slice(at + 1, end)
      .trim()
      .replaceAll(/\s*\n\s*/g, ' ')
      .replaceAll(/(?<=\() | (?=\))/g, '');
    const column = at - text.lastIndexOf('\n', at);
    if (column + inside.length < WIDTH && !inside.includes('--')) {
      text = `${text.slice(0, at)}(${inside})${text.slice(end + 1)}`;
    }
  }
  return text;
}

function endOf(text: string, open: number): number {
  let depth = 0;
  for (let at = open; at < text.length; at++) {
    if (text[at] === '(') depth++;
    if (text[at] === ')' && --depth === 0) return at;
  }
  throw new Error('a bracket is not closed');
}

/** Joins the items of a list to lines. */
function fillLists(text: string): string {
  const lines: string[] = [];
  for (const line of text.split('\n')) {
    const last = lines.at(-1);
    if (last && /[^\s(],$/.test(last) && last.length + line.trim().length < WIDTH && !/^ *--|\($/.test(line)) {
      lines[lines.length - 1] = `${last} ${line.trim()}`;
    } else lines.push(line);
  }
  return lines.join('\n');
}
