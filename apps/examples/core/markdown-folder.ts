import { glob, readFile } from "node:fs/promises";
import { relative, resolve } from "node:path";

const SKIPPED = ["**/node_modules/**", "**/dist/**"];
const MAX_PAGES = 100;
const MAX_FOUND = 2;
const MAX_CHARACTERS = 6_000;

/** The Markdown files of a folder, each with its first line. */
export async function listPages(folder: string): Promise<readonly string[]> {
  const paths = await pathsIn(folder);
  return Promise.all(paths.map(async (path) => `${path} ${(await textOf(folder, path)).split("\n")[0]}`));
}

/** The paths of those that say most about a topic. */
export async function searchPages(folder: string, topic: string): Promise<readonly string[]> {
  const word = topic.toLowerCase();
  const pages = await Promise.all(
    (await pathsIn(folder)).map(async (path) => {
      const hits = (await textOf(folder, path)).toLowerCase().split(word).length - 1;
      return { path, hits };
    }),
  );
  return pages
    .filter(({ hits }) => hits > 0)
    .sort((a, b) => b.hits - a.hits)
    .slice(0, MAX_FOUND)
    .map(({ path }) => path);
}

/** The beginning of one. Paths that lead out of the folder are refused: a model may have made them up. */
export async function readPage(folder: string, path: string): Promise<string> {
  if (relative(folder, resolve(folder, path)).startsWith(".."))
    throw new Error(`${path} is not in ${folder}.`);
  return (await textOf(folder, path)).slice(0, MAX_CHARACTERS);
}

async function pathsIn(folder: string): Promise<string[]> {
  const paths: string[] = [];
  for await (const path of glob("**/*.md", { cwd: folder, exclude: SKIPPED })) paths.push(path);
  return paths.sort().slice(0, MAX_PAGES);
}

function textOf(folder: string, path: string): Promise<string> {
  return readFile(resolve(folder, path), "utf8");
}
