import { expect, it } from "vitest";
import { adapterFiles } from "./adapter-files.ts";
import { coreArrows } from "./core-arrows.ts";
import { coreImports } from "./core-imports.ts";
import { exportedDocs } from "./exported-docs.ts";
import { fileLength } from "./file-length.ts";
import { fileNames } from "./file-names.ts";
import { oneWordPerIdea } from "./one-word-per-idea.ts";
import { packageArrows } from "./package-arrows.ts";
import { testAssertions } from "./test-assertions.ts";
import { filesOf, type Rule } from "./workspace.ts";

const CORE = "packages/core/src";

interface Case {
  readonly title: string;
  readonly rule: Rule;
  readonly files: Readonly<Record<string, string>>;
  /** A part of each message that is expected, in order. */
  readonly finds: readonly string[];
}

const cases: readonly Case[] = [
  {
    title: "a package that stands on one above it",
    rule: packageArrows,
    files: {
      "packages/core/src/a.ts": 'import { wfloOpenAI } from "@wflo/openai";',
      "packages/core/package.json":
        '{ "dependencies": { "@wflo/testkit": "1" }, "devDependencies": { "@wflo/postgres": "1" } }',
      "packages/openai/src/a.ts": 'import type { X } from "@wflo/testkit";',
    },
    finds: [
      "core may not stand on testkit",
      "core may not stand on postgres",
      "core may not stand on openai",
      "openai may not stand on testkit",
    ],
  },
  {
    title: "no fault in allowed arrows",
    rule: packageArrows,
    files: {
      "packages/core/src/a.test.ts": 'import { suite } from "@wflo/testkit";',
      "packages/openai/src/a.ts": 'import { usd } from "@wflo/core";',
      "packages/postgres/package.json":
        '{ "exports": { ".": "", "./pglite": "" }, "dependencies": { "@wflo/core": "1", "pg": "1" } }',
      "apps/examples/a.ts": 'import { pglite } from "@wflo/postgres/pglite";',
    },
    finds: [],
  },
  {
    title: "a reach into another package",
    rule: packageArrows,
    files: {
      "packages/openai/test/a.test.ts": 'import {\n  a,\n} from "../../testkit/src/a.ts";',
      "apps/examples/a.ts": 'const a = await import("@wflo/core/src/money/money.ts");',
    },
    finds: ["reaches into packages/testkit/src/a.ts", "no entry of its package"],
  },
  {
    title: "an arrow inside core that points back",
    rule: coreArrows,
    files: {
      [`${CORE}/money/a.ts`]: 'export { b } from "../guard/b.ts";',
      [`${CORE}/guard/b.ts`]: 'import { a } from "../money/a.ts";\nimport { c } from "../client.ts";',
      [`${CORE}/client.ts`]: 'import { b } from "./guard/b.ts";',
      [`${CORE}/stuff/b.ts`]: "",
    },
    finds: [
      "money may not import guard",
      "guard may not import the top of core",
      "no place for a folder stuff",
    ],
  },
  {
    title: "Node in core",
    rule: coreImports,
    files: {
      [`${CORE}/run/run-context.ts`]:
        'import { AsyncLocalStorage } from "node:async_hooks";\nimport "node:fs";',
      [`${CORE}/money/a.ts`]: 'import { AsyncLocalStorage } from "node:async_hooks";',
      [`${CORE}/money/a.test.ts`]: 'import { readFileSync } from "node:fs";',
    },
    finds: ["not node:fs", "not node:async_hooks"],
  },
  {
    title: "a dependency of core",
    rule: coreImports,
    files: { "packages/core/package.json": '{ "dependencies": { "zod": "4" } }' },
    finds: ["core has no dependency"],
  },
  {
    title: "an adapter without the common files",
    rule: adapterFiles,
    files: Object.fromEntries(
      ["package.json", "src/index.ts", "src/guard.ts", "src/usage.ts"].map((name) => [
        `packages/openai/${name}`,
        "",
      ]),
    ),
    finds: ["missing"],
  },
  {
    title: "names that say nothing, and names that are not kebab-case",
    rule: fileNames,
    files: {
      "packages/core/src/money/money-utils.ts": "",
      "scripts/doThing.ts": "",
      "packages/core/src/a-b.test-d.ts": "",
    },
    finds: ['"utils"', "kebab-case"],
  },
  {
    title: "an export without a sentence, but for overloads",
    rule: exportedDocs,
    files: {
      [`${CORE}/a.ts`]:
        "/** A. */\nexport function a(): void;\nexport function a(x?: 1): void {}\nexport const b = 1;\nexport { c } from './c.ts';",
      [`${CORE}/a.test.ts`]: "export const b = 1;",
    },
    finds: ["b has no doc comment"],
  },
  {
    title: "a second word for an idea",
    rule: oneWordPerIdea,
    files: {
      [`${CORE}/a.ts`]:
        "export class RunSnapshots {}\nexport const BLOCKS = 1;\nexport const MAX_LIMIT = 1;\nexport class FolderLock {}",
    },
    finds: ["checkpoint, not snapshot", "cap, not limit"],
  },
  {
    title: "a test that asserts nothing",
    rule: testAssertions,
    files: {
      "packages/core/src/a.test.ts": 'it("works", () => {});',
      "packages/core/src/b.test.ts": "expect(1).toBe(1);",
      "packages/core/test/c.test.ts": 'import { testLedger } from "@wflo/testkit";',
    },
    finds: ["asserts nothing"],
  },
  {
    title: "a long file, but not a long test",
    rule: fileLength,
    files: { "packages/core/src/a.ts": "\n".repeat(251), "packages/core/src/a.test.ts": "\n".repeat(251) },
    finds: ["251 lines"],
  },
];

it.each(cases)("$rule.name finds $title", ({ rule, files, finds }) => {
  const messages = rule.check(filesOf(files)).map(({ message }) => message);
  expect(messages).toEqual(finds.map((part) => expect.stringContaining(part)));
});
