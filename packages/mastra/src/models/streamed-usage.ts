interface Router {
  resolveLanguageModel?: (...args: unknown[]) => Promise<unknown>;
}

/** Routers that ask for usage. */
const asking = new WeakSet<object>();

/**
 * Has a model of Mastra's router ask for the usage of a streamed answer, as it does itself but for servers at an address of the user's own
 * (`{ id, url }`), whose answers then tell none and could only be charged at their hold.
 */
export function askForUsage(router: object): void {
  const { resolveLanguageModel: resolve } = router as Router;
  if (typeof resolve !== "function" || asking.has(router)) return;
  asking.add(router);
  const value = async (...args: unknown[]) => {
    const model = await resolve.apply(router, args);
    const { config } = (model ?? {}) as { readonly config?: unknown };
    if (typeof config === "object" && config !== null && "includeUsage" in config)
      config.includeUsage ??= true;
    return model;
  };
  Object.defineProperty(router, "resolveLanguageModel", { value, configurable: true, writable: true });
}
