import { setOwn } from "./set-own.ts";
import type { StateChannel } from "./split-state.ts";

/** The state whose channels these are, outer ones first, as `splitState` gives them. */
export function joinState(channels: readonly StateChannel[]): unknown {
  const root: { state?: unknown } = {};
  for (const channel of channels) place(root, ["state", ...channel.path], valueOf(channel));
  return root.state;
}

function valueOf({ kind, parts }: StateChannel): unknown {
  switch (kind) {
    case "value":
      return parts[0];
    case "list":
      return [...parts];
    case "set":
      return new Set(parts);
    case "map":
      return new Map(parts as [unknown, unknown][]);
    case "record":
      return Object.fromEntries(parts as [string, unknown][]);
  }
}

function place(root: object, path: readonly string[], value: unknown): void {
  let parent = root;
  for (const key of path.slice(0, -1)) parent = childOf(parent, key);
  const last = path.at(-1);
  if (last !== undefined) setOwn(parent, last, value);
}

/** Own properties only: a state may well have keys such as `constructor`. */
function childOf(parent: object, key: string): object {
  const child = (Object.getOwnPropertyDescriptor(parent, key) as { value?: unknown } | undefined)?.value;
  if (typeof child === "object" && child !== null) return child;
  const made = {};
  setOwn(parent, key, made);
  return made;
}
