import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

/** A README and its text. */
export interface Page {
  /** Relative to the root of the checkout. */
  path: string;
  text: string;
}

/** A fenced block, as it stands in a page. */
interface Block {
  language: string;
  code: string;
}

const FENCE = /^ *```(\w*)\n(.*?)^ *```$/gms;
const LINK = /\[[^\]]*\]\(([^)\s]+)\)/g;
const ASSIGNMENT = /(?:^|[\s;])([A-Z][A-Z0-9_]*)=(\$\(.*|\S+)/gm;

/** The fenced blocks of a page, in order. */
export const blocksOf = (text: string): Block[] =>
  [...text.matchAll(FENCE)].map(([, language, code]) => ({ language: language as string, code: code as string }));

const withoutBlocks = (text: string) => text.replaceAll(FENCE, '');

/** The anchor that GitHub gives a title. */
const anchorOf = (title: string) =>
  title
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(' ', '-');

const titlesOf = (text: string, marks: RegExp) => [...withoutBlocks(text).matchAll(marks)].map(([, title]) => title!);

/** Links that lead to no file, or to no title of a page. */
export function deadLinks(root: string, { path, text }: Page): string[] {
  const links = [...withoutBlocks(text).matchAll(LINK)].map(([, target]) => target as string);
  return links.filter((link) => {
    if (/^https?:/.test(link)) return false;
    const [file, anchor] = link.split('#', 2) as [string, string?];
    const target = file ? resolve(root, dirname(path), file) : resolve(root, path);
    if (relative(root, target).startsWith('..') || !existsSync(target)) return true;
    if (anchor === undefined) return false;
    if (!target.endsWith('.md')) return true;
    const page = target === resolve(root, path) ? text : readFileSync(target, 'utf8');
    return !titlesOf(page, /^#+ (.+)$/gm)
      .map(anchorOf)
      .includes(anchor);
  });
}

/** Sections that the line of contents does not name. */
export function unlistedSections({ text }: Page): string[] {
  const [, contents = ''] = /^Contents: (.+?)\n\n/ms.exec(text) ?? [];
  return titlesOf(text, /^## (.+)$/gm).filter((title) => !contents.includes(`(#${anchorOf(title)})`));
}

/**
 * Variables of the blocks to paste, each with its different meanings: one that has two breaks what is pasted later, and an
 * exported one whatever is started from the same shell.
 */
export function ambiguousVariables(pages: Page[]): Record<string, string[]> {
  const meanings: Record<string, Set<string>> = {};
  for (const { text } of pages) {
    for (const { code } of blocksOf(text).filter(({ language }) => language === 'sh')) {
      for (const [, name, value] of code.matchAll(ASSIGNMENT)) (meanings[name!] ??= new Set()).add(value!);
      if (/^\s*export\b/m.test(code)) (meanings['export'] ??= new Set(['', 'export'])).add(code);
    }
  }
  return Object.fromEntries(
    Object.entries(meanings)
      .filter(([, values]) => values.size > 1)
      .map(([name, values]) => [name, [...values]]),
  );
}

/** Reads the README of every folder that has to have one; the root's is the first. */
export function readPages(root: string): Page[] {
  const within = (folder: string) =>
    readdirSync(join(root, folder), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => join(folder, name));
  const folders = ['.', 'apps', ...within('apps'), 'libs', ...within('libs'), 'docker', 'k8s', 'test'];
  return [...folders, 'test/suites/faults', 'test/bench'].map((folder) => {
    const path = join(folder, 'README.md');
    return { path, text: readFileSync(join(root, path), 'utf8') };
  });
}
