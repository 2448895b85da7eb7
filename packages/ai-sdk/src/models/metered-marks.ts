const metered = new WeakSet<object>();

/** Remembers a model whose every call goes through the door, and gives it back. */
export function noteMetered<Model extends object>(model: Model): Model {
  metered.add(model);
  return model;
}

/** Whether every call of a model goes through the door. */
export function isMetered(model: object): boolean {
  return metered.has(model);
}
