import { join } from 'node:path';
import ts from 'typescript';
import type { Manifest } from './kustomize.js';

/** The module that describes a kind: Kubernetes' own, or KEDA's. */
function moduleOf({ apiVersion, kind }: Manifest): string {
  const models = apiVersion.startsWith('keda.sh/') ? '@kubernetes-models/keda' : 'kubernetes-models';
  return `${models}/${apiVersion}/${kind}`;
}

/**
 * Everything in which manifests are not as Kubernetes and KEDA describe them: values, by their JSON schemas; fields that
 * there are not, by the types made from those, since a schema of Kubernetes lets such fields pass.
 */
export function schemaFaults(manifests: Manifest[]): string[] {
  return [...typeFaults(manifests), ...manifests.flatMap(valueFaults)];
}

function valueFaults(manifest: Manifest): string[] {
  const place = `${manifest.kind} ${manifest.metadata.name}`;
  try {
    const { [manifest.kind]: Model } = require(moduleOf(manifest));
    new Model(manifest).validate();
    return [];
  } catch (error) {
    return [`${place}: ${(error as Error).message.split('\n')[0]}`];
  }
}

function typeFaults(manifests: Manifest[]): string[] {
  const file = join(__dirname, 'manifests-as-literals.ts');
  const text = manifests
    .map((manifest, index) => {
      const type = `import('${moduleOf(manifest)}').I${manifest.kind}`;
      return `export const manifest${index}: ${type} = ${JSON.stringify(manifest, null, 1)};\n`;
    })
    .join('');
  const options: ts.CompilerOptions = {
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    types: [],
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.Preserve,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
  };
  const host = ts.createCompilerHost(options);
  const { fileExists, readFile, getSourceFile } = host;
  host.fileExists = (name) => name === file || fileExists(name);
  host.readFile = (name) => (name === file ? text : readFile(name));
  host.getSourceFile = (name, version) =>
    name === file ? ts.createSourceFile(name, text, version) : getSourceFile(name, version);
  return ts
    .getPreEmitDiagnostics(ts.createProgram([file], options, host))
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' '));
}
