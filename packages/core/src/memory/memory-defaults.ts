import type { DefaultDefinition } from "../ports/default-store.ts";
import { byteOrder } from "./byte-order.ts";

/** The defaults of one tenant, by their prefixes. */
export class MemoryDefaults {
  private readonly byPrefix = new Map<string, DefaultDefinition>();

  set(definition: DefaultDefinition): void {
    this.byPrefix.set(definition.prefix, copyOf(definition));
  }

  remove(prefix: string): boolean {
    return this.byPrefix.delete(prefix);
  }

  list(after: string | undefined, limit: number): readonly DefaultDefinition[] {
    const prefixes = [...this.byPrefix.keys()].toSorted(byteOrder);
    const rest = after === undefined ? prefixes : prefixes.filter((prefix) => byteOrder(prefix, after) > 0);
    return rest.slice(0, limit).flatMap((prefix) => this.get(prefix) ?? []);
  }

  /** The one with the longest prefix of this id that is not the whole id. */
  of(budgetId: string): DefaultDefinition | undefined {
    for (let length = budgetId.length - 1; length >= 0; length -= 1) {
      const found = this.get(budgetId.slice(0, length));
      if (found !== undefined) return found;
    }
    return undefined;
  }

  private get(prefix: string): DefaultDefinition | undefined {
    const definition = this.byPrefix.get(prefix);
    return definition && copyOf(definition);
  }
}

function copyOf(definition: DefaultDefinition): DefaultDefinition {
  const { prefix, caps, onExpiry, warnAt, parent, timeZone = "UTC" } = definition;
  return { prefix, caps: { ...caps }, onExpiry, warnAt: [...warnAt], parent, timeZone };
}
