import { fromWritten } from "./from-written.ts";
import { joinState } from "./join-state.ts";
import { partName } from "./part-name.ts";
import { splitState } from "./split-state.ts";
import { toWritten } from "./to-written.ts";

/**
 * A state as it would be read back, made anew. It is copied in the parts it is saved in, so that limits of a single value apply to each of
 * them. Throws `UnsavableValueError` with the path of what does not survive; `name` is how the path begins.
 */
export function copyOf(value: unknown, name: string): unknown {
  const copy = (part: unknown, partPath: string) => fromWritten(toWritten(part, partPath));
  const channels = splitState(value).map(({ path, kind, parts }) => {
    const channelName = [name, ...path].join(".");
    const copies = parts.map((part, index) => {
      if (kind !== "record" && kind !== "map") return copy(part, partName(kind, channelName, index));
      const [key, child] = part as readonly [unknown, unknown];
      const entryName = partName(kind, channelName, index, key);
      return [copy(key, entryName), copy(child, entryName)];
    });
    return { path, kind, parts: copies };
  });
  return joinState(channels);
}
