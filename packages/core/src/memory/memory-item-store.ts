import type { ItemStore } from "../ports/item-store.ts";
import type { MemoryState } from "./memory-state.ts";

/** The items in memory: a batch runs to its end without a pause, which makes it atomic. */
export function memoryItemStore(state: MemoryState): ItemStore {
  return {
    async batch(tenantId, { gets, searches, listings, puts }) {
      const { items } = state.tenant(tenantId);
      const answers = {
        gets: gets.map((place) => items.get(place)),
        searches: searches.map((search) => items.search(search)),
        listings: listings.map((listing) => items.namespaces(listing)),
      };
      items.putAll(puts, state.now());
      return answers;
    },
  };
}
