import { readdir, readFile, stat } from "node:fs/promises";
import { join, relative, resolve, sep } from "node:path";
import type { ChatCompletionTool } from "openai/resources/chat/completions";

const MAX_FILES = 200;
const MAX_MATCHES = 30;
const MAX_READ = 4_000;
const MAX_FILE_BYTES = 1_000_000;
const SKIPPED = new Set(["node_modules", "dist", ".git", ".turbo", ".wflo"]);

/** What the model is told of the tools. */
export const folderTools: ChatCompletionTool[] = [
  tool("list_files", "The files of the folder with their sizes.", {}),
  tool("search_files", "Lines that contain a text, with file and line number.", {
    text: "The text to look for",
  }),
  tool("read_file", `The first ${MAX_READ} characters of a file.`, { path: "A path as list_files gives it" }),
];

/** The tools themselves, confined to one folder. Mistakes of the model come back as text that it can read. */
export function folderToolbox(
  folder: string,
): (name: string, args: Record<string, string>) => Promise<string> {
  const root = resolve(folder);
  return async (name, args) => {
    switch (name) {
      case "list_files":
        return (
          (await listFiles(root)).map(({ path, bytes }) => `${path} (${bytes} bytes)`).join("\n") ||
          "no files"
        );
      case "search_files":
        return searchFiles(root, args["text"] ?? "");
      case "read_file":
        return readInside(root, args["path"] ?? "");
      default:
        return `there is no tool ${name}`;
    }
  };
}

interface FoundFile {
  readonly path: string;
  readonly bytes: number;
}

async function listFiles(root: string, below = root, found: FoundFile[] = []): Promise<FoundFile[]> {
  const entries = await readdir(below, { withFileTypes: true });
  for (const entry of entries.sort((a, b) => a.name.localeCompare(b.name))) {
    if (found.length >= MAX_FILES) break;
    const path = join(below, entry.name);
    if (entry.isDirectory() && !SKIPPED.has(entry.name)) await listFiles(root, path, found);
    else if (entry.isFile()) found.push({ path: relative(root, path), bytes: (await stat(path)).size });
  }
  return found;
}

async function searchFiles(root: string, text: string): Promise<string> {
  if (text === "") return "give a text to look for";
  const matches: string[] = [];
  for (const { path, bytes } of await listFiles(root)) {
    if (bytes > MAX_FILE_BYTES) continue;
    const lines = (await readFile(join(root, path), "utf8")).split("\n");
    lines.forEach((line, index) => {
      const isMatch = line.toLowerCase().includes(text.toLowerCase());
      if (isMatch && matches.length < MAX_MATCHES)
        matches.push(`${path}:${index + 1}: ${line.trim().slice(0, 160)}`);
    });
  }
  return matches.join("\n") || `nothing contains "${text}"`;
}

async function readInside(root: string, path: string): Promise<string> {
  const target = resolve(root, path);
  if (target !== root && !target.startsWith(root + sep)) return "that path lies outside the folder";
  try {
    return (await readFile(target, "utf8")).slice(0, MAX_READ);
  } catch {
    return `there is no file ${path}`;
  }
}

function tool(name: string, description: string, parameters: Record<string, string>): ChatCompletionTool {
  const properties = Object.fromEntries(
    Object.entries(parameters).map(([key, text]) => [key, { type: "string", description: text }]),
  );
  const schema = {
    type: "object",
    properties,
    required: Object.keys(parameters),
    additionalProperties: false,
  };
  return { type: "function", function: { name, description, parameters: schema } };
}
