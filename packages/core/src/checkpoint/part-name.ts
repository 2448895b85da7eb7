import type { ChannelKind } from "./split-state.ts";

/** How errors call a part of a channel. `key` is that of an entry. */
export function partName(kind: ChannelKind, channel: string, index: number, key?: unknown): string {
  switch (kind) {
    case "value":
      return channel;
    case "list":
      return `${channel}[${index}]`;
    case "set":
      return `${channel}.item(${index})`;
    case "record":
      return `${channel}.${String(key)}`;
    case "map":
      return `${channel}.get(${typeof key === "string" || typeof key === "number" ? key : "…"})`;
  }
}
