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
  let parent = root as Record<string, unknown>;
  for (const key of path.slice(0, -1)) parent = (parent[key] ??= {}) as Record<string, unknown>;
  const last = path.at(-1);
  if (last !== undefined) parent[last] = value;
}
