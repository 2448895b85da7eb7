/** The parts of a client that say where it sends. */
interface Sending {
  readonly _options?: {
    readonly x509Transport?: unknown;
    readonly workloadIdentity?: { readonly type?: unknown } | null | undefined;
  };
  readonly _workloadIdentityAuth?: { readonly fetch?: unknown } | null | undefined;
}

/** Prototypes that wflo has put around others. */
const wrappers = new WeakSet<object>();

/** Notes that a prototype is wflo's own, not a subclass of the user's. */
export function noteWrapper(prototype: object): void {
  wrappers.add(prototype);
}

/** True when these methods of a client are the SDK's own: no subclass, and nothing that was assigned, stands in between. */
export function isSdkOwn(client: object, names: readonly string[]): boolean {
  return names.every((name) => {
    for (
      let holder: object | null = client;
      holder !== null;
      holder = Object.getPrototypeOf(holder) as object
    ) {
      if (wrappers.has(holder) || !Object.hasOwn(holder, name)) continue;
      return Object.getPrototypeOf(holder) === Object.prototype;
    }
    return false;
  });
}

/** True for a client whose requests do not come to its `fetch` (openai 7.57: one with an X.509 workload identity). */
export function hasOwnTransport(client: object): boolean {
  const { _options, _workloadIdentityAuth } = client as Sending;
  return (
    _options?.x509Transport != null ||
    _options?.workloadIdentity?.type === "x509" ||
    typeof _workloadIdentityAuth?.fetch === "function"
  );
}
