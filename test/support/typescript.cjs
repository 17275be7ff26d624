/**
 * Runs the tests' TypeScript outside of Jest: `node --require ./test/support/typescript.cjs program.ts`. What the build
 * made is taken from there, so that a program and the services it starts are the same code.
 */
const { existsSync, readFileSync } = require('node:fs');
const Module = require('node:module');
const { dirname, join, resolve } = require('node:path');
const { transformSync } = require('@swc/core');

const root = resolve(__dirname, '../..');
const builtFolders = ['apps', 'libs'];

Module._extensions['.ts'] = (module, filename) => {
  const { code } = transformSync(readFileSync(filename, 'utf8'), {
    filename,
    jsc: { target: 'es2022', parser: { syntax: 'typescript' }, keepClassNames: true },
    module: { type: 'commonjs' },
    sourceMaps: 'inline',
  });
  module._compile(code, filename);
};

const { _resolveFilename } = Module;
Module._resolveFilename = (request, parent, ...rest) => _resolveFilename(found(request, parent), parent, ...rest);
process.setSourceMapsEnabled(true);

/** Imports end in `.js`, as the compiler wants it. */
function found(request, parent) {
  const [, lib] = /^@herald\/([^/]+)$/.exec(request) ?? [];
  if (lib) return join(root, 'dist/libs', lib, 'src/index.js');
  if (!request.startsWith('.') || !parent?.filename?.endsWith('.ts')) return request;
  const path = resolve(dirname(parent.filename), request);
  const [, inside] = path.split(`${root}/`);
  if (builtFolders.includes(inside?.split('/')[0])) return join(root, 'dist', inside);
  const source = path.replace(/\.js$/, '.ts');
  return existsSync(source) ? source : request;
}
