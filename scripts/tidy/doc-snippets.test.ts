import { expect, it } from "vitest";
import { findingsOf, snippetsOf } from "./doc-snippets.ts";

const PAGE = {
  path: "README.md",
  text: "# A\n\n```ts\nconst a = 1;\n```\n\n```ts nocheck\nhalf\n```\n\n```sh\nls\n```\n\n```ts\nconst b = 2;\n```\n",
};

it("takes the ts blocks of a page, each on the page's own lines", () => {
  const snippets = snippetsOf(PAGE);
  expect(snippets.map(({ code }) => code.trim())).toEqual(["const a = 1;", "const b = 2;"]);
  expect(snippets.map(({ code }) => code.split("\n").findIndex((line) => line !== "") + 1)).toEqual([4, 16]);
});

it("tells the compiler's words with the page and its line", () => {
  const output = "snippet-1.ts(16,7): error TS2322: wrong.\n  more\nerror TS6053: lost.\n";
  expect(findingsOf(output, snippetsOf(PAGE))).toMatchObject([
    { path: "README.md", line: 16, message: "error TS2322: wrong." },
    { message: "error TS6053: lost." },
  ]);
});
