import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const root = resolve(__dirname, '../../..');
const README = 'libs/contracts/README.md';
const CITATION = /contracts README((?:, "[^"]+")*)/g;
/** A citation of something that is not in the repository. In code no capital or quote follows such a comma. */
const FOREIGN = /(?<!\w)[(;] ?(?:contract|design), ["A-Z]|\bdocument, ["A-Z]|\((?:issue|promise) \d/;

const titles = Array.from(
  readFileSync(join(root, README), 'utf8').matchAll(/^#+ [\d.]+ (.+)$/gm),
  ([, title]) => title,
);

/** A comment may go on in the next line. */
const joined = (text: string) => text.replaceAll(/\n\s*(?:\*|\/\/|#)?\s*/g, ' ');

/** Each citation in a text, as the titles that it names. */
const citationsIn = (text: string): string[][] =>
  Array.from(joined(text).matchAll(CITATION), ([, named = '']) =>
    Array.from(named.matchAll(/"([^"]+)"/g), ([, title]) => title as string),
  );

function faultsOf(text: string): string[] {
  const [foreign] = FOREIGN.exec(joined(text)) ?? [];
  const wrong = citationsIn(text).filter(
    (named) => named.length === 0 || named.some((title) => !titles.includes(title)),
  );
  return [...wrong.map((named) => `no section: ${named.join(', ')}`), ...(foreign ? [`foreign: ${foreign}`] : [])];
}

/** All sources but this file, which has violations. */
const sources = ['apps', 'libs', 'test', 'docker', 'k8s']
  .flatMap((folder) => readdirSync(join(root, folder), { recursive: true }).map((path) => join(folder, String(path))))
  .filter((path) => /\.(?:[cm]?[jt]s|md|ya?ml|json)$/.test(path) && path !== 'test/suites/repository/citations.spec.ts')
  .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }));

it('every citation names a section of the contract, by a title that only one section has', () => {
  expect(new Set(titles).size).toBe(titles.length);
  expect(sources.flatMap(({ text }) => citationsIn(text)).length).toBeGreaterThan(50);
  expect(sources.flatMap(({ path, text }) => faultsOf(text).map((fault) => `${path}: ${fault}`))).toEqual([]);
});

it.each([
  ['a section that is not there', '/** Ids (contracts README, "Nowhere"). */', 'no section: Nowhere'],
  ['one of two that is not there', '(contracts README, "Ids", "Nowhere")', 'no section: Ids, Nowhere'],
  ['no section', '// See the contracts README.', 'no section: '],
  ['a section of an unnamed contract', '/** Ids (contract, Ids). */', 'foreign: (contract, I'],
  ['the same across two lines', '/**\n * Ids (contract,\n * "Ids").\n */', 'foreign: (contract, "'],
  ['a design', '/** Ids (`sub`; design, "Ids"). */', 'foreign: ; design, "'],
  ['a document', '/** Ids (delivery document, "Ids"). */', 'foreign: document, "'],
  ['an issue', "describe('ids (issue 3)')", 'foreign: (issue 3'],
])('a citation of %s is found', (_, text, fault) => {
  expect(faultsOf(text)).toEqual([fault]);
});

it.each([
  '(contracts README, "Ids", "Text")',
  'send(contract, DATA)',
  '(contract, options) => contract',
  'document.json',
])('nothing is wrong with %s', (text) => {
  expect(faultsOf(text)).toEqual([]);
});
