import { importsOf, targetOf } from "./imports.ts";
import { type Finding, isTest, type Rule, type SourceFile } from "./workspace.ts";

/** What the published code of a package may use of the others. Anything not listed here stands on core alone. */
const MAY_USE: Readonly<Record<string, readonly string[]>> = {
  core: [],
  // WfloSaver.fromConnString opens a database.
  langgraph: ["core", "postgres"],
  // Mastra's models are language models of the AI SDK.
  mastra: ["core", "ai-sdk"],
  wflo: ["core", "postgres", "openai", "otel"],
};
/** What tests may use besides: the testkit, and what only shows together. */
const TESTS_MAY_USE: Readonly<Record<string, readonly string[]>> = {
  // A model whose transport is another adapter's, and agents that go on in another process.
  "ai-sdk": ["openai", "postgres"],
  mastra: ["postgres"],
};
/** The scripts at the root are in no package, and read what they need. */
const IN_A_PACKAGE = /^(packages|apps|benchmarks)\/.*\.ts$/;

interface Manifest {
  readonly name: string;
  readonly exports?: Readonly<Record<string, unknown>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

/** Apps stand on adapters and stores, those on core, the testkit on core; nothing points back, and nobody reaches inside. */
export const packageArrows: Rule = {
  name: "package-arrows",
  check(files) {
    const manifests = new Map(files.flatMap((file) => (folderOf(file.path) ? manifestEntry(file) : [])));
    return [
      ...files.filter(isManifest).flatMap(checkManifest),
      ...files.filter(({ path }) => IN_A_PACKAGE.test(path)).flatMap((file) => checkImports(file, manifests)),
    ];
  },
};

function checkManifest(file: SourceFile): readonly Finding[] {
  const manifest = JSON.parse(file.text) as Manifest;
  const folder = folderOf(file.path) ?? "";
  const wrong = (names: object | undefined, allowed: readonly string[]): readonly Finding[] =>
    Object.keys(names ?? {}).flatMap((name) => {
      const other = workspaceName(name);
      return other && !allowed.includes(other) ? [arrow(file, folder, other)] : [];
    });
  return [
    ...wrong({ ...manifest.dependencies, ...manifest.peerDependencies }, allowedFor(folder, false)),
    ...wrong(manifest.devDependencies, allowedFor(folder, true)),
  ];
}

function checkImports(file: SourceFile, manifests: ReadonlyMap<string, Manifest>): readonly Finding[] {
  const folder = folderOf(file.path);
  return importsOf(file).flatMap((imported): readonly Finding[] => {
    const { line, specifier } = imported;
    const target = targetOf(file, imported);
    if (target !== undefined) {
      const leaves = folderOf(target) !== folder && target.startsWith("packages/");
      return leaves
        ? [{ path: file.path, line, message: `reaches into ${target}: import the package by its name` }]
        : [];
    }
    const other = workspaceName(specifier);
    if (!other || other === folder) return [];
    const subpath = specifier.split("/").slice(2).join("/");
    const known = manifests.get(other)?.exports ?? {};
    const deep = subpath !== "" && !Object.hasOwn(known, `./${subpath}`);
    return [
      ...(deep ? [{ path: file.path, line, message: `${specifier} is no entry of its package` }] : []),
      ...(folder && !allowedFor(folder, isTest(file.path)).includes(other)
        ? [{ ...arrow(file, folder, other), line }]
        : []),
    ];
  });
}

function allowedFor(folder: string, inTests: boolean): readonly string[] {
  const allowed = MAY_USE[folder] ?? ["core"];
  return inTests ? [...allowed, "testkit", ...(TESTS_MAY_USE[folder] ?? [])] : allowed;
}

function arrow(file: SourceFile, from: string, to: string): Finding {
  return { path: file.path, message: `${from} may not stand on ${to}` };
}

function workspaceName(specifier: string): string | undefined {
  return /^@wflo\/([^/]+)/.exec(specifier)?.[1];
}

function folderOf(path: string): string | undefined {
  return /^packages\/([^/]+)\//.exec(path)?.[1];
}

function isManifest({ path }: SourceFile): boolean {
  return /^packages\/[^/]+\/package\.json$/.test(path);
}

function manifestEntry(file: SourceFile): readonly (readonly [string, Manifest])[] {
  return isManifest(file) ? [[folderOf(file.path) ?? "", JSON.parse(file.text) as Manifest]] : [];
}
