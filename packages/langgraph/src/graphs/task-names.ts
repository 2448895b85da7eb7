/** Nodes that agents make of middleware: some summarize, guess or route, and take any error for an answer they can do without. */
const HOOK = /\.(?:before|after)_(?:model|agent)$/;

/** The tasks of a namespace, `node:task|node:task`, outermost first. */
export function tasksOf(namespace: string): readonly string[] {
  return namespace.split("|").map((part) => part.slice(part.lastIndexOf(":") + 1));
}

/** The innermost task of a namespace when an agent has made its node of middleware. */
export function hookTaskOf(namespace: string): string | undefined {
  const innermost = namespace.split("|").at(-1) ?? "";
  const colon = innermost.lastIndexOf(":");
  return colon !== -1 && HOOK.test(innermost.slice(0, colon)) ? innermost.slice(colon + 1) : undefined;
}
