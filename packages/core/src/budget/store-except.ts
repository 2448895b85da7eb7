/** A store with some methods of its own; the others are called on the store itself, which may be of a class with private fields. */
export function storeExcept<Store extends object>(store: Store, own: Partial<Store>): Store {
  const get = (_: Store, name: string | symbol): unknown => {
    const mine: unknown = Reflect.get(own, name);
    if (mine !== undefined) return mine;
    const theirs: unknown = Reflect.get(store, name, store);
    return typeof theirs === "function" ? theirs.bind(store) : theirs;
  };
  return new Proxy({} as Store, { get });
}
