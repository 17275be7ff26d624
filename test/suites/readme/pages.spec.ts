import { resolve } from 'node:path';
import { ambiguousVariables, blocksOf, deadLinks, readPages, unlistedSections } from './pages.js';

const root = resolve(__dirname, '../../..');
const pages = readPages(root);
const MOST_LINES_OF_THE_FIRST = 150;
/** `sh` is pasted, `console` needs what a fresh `npm start` has not; the others are to be read. */
const LANGUAGES = ['', 'sh', 'console', 'js', 'ts', 'json', 'ini'];

it('keeps the first page short', () => {
  expect(pages[0]!.text.split('\n').length).toBeLessThanOrEqual(MOST_LINES_OF_THE_FIRST);
});

it.each(pages)('$path links to files and titles that exist, and lists its sections', (page) => {
  expect(deadLinks(root, page)).toEqual([]);
  expect(unlistedSections(page)).toEqual([]);
  expect(blocksOf(page.text).filter(({ language }) => !LANGUAGES.includes(language))).toEqual([]);
});

it('gives each variable one meaning on all pages, and exports none', () => {
  expect(ambiguousVariables(pages)).toEqual({});
});

describe('a page with mistakes', () => {
  const page = (text: string) => ({ path: 'apps/README.md', text });

  it.each(['nowhere.md', '../docker/nothing.yml', '#no-title', 'cli/README.md#no-title', '../../outside', 'cli#start'])(
    'has a dead link to %s',
    (link) => {
      expect(deadLinks(root, page(`# Title\n\n[here](${link}) and [there](#title)\n`))).toEqual([link]);
    },
  );

  it('has a section that its contents lack', () => {
    expect(unlistedSections(page('Contents: [One](#one)\n\n## One\n\n## Two, too\n\n```\n## Three\n```\n'))).toEqual([
      'Two, too',
    ]);
  });

  it('uses a variable twice, or exports one', () => {
    const twice = page('```sh\nTOKEN=$(node a)\ncurl "?x=1"\n```\n\n```sh\nTOKEN=$(node b)\nA=1 npm start\n```\n');
    expect(Object.keys(ambiguousVariables([twice]))).toEqual(['TOKEN']);
    const exported = page('```sh\nexport A=1\n```\n\n```console\nexport B=1\n```\n');
    expect(Object.keys(ambiguousVariables([exported]))).toEqual(['export']);
  });
});
