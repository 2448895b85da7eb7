import {
  createWflo,
  memoryDatabase,
  StoreUnavailableError,
  type Database,
  type LedgerStore,
  type Wflo,
  type WfloOptions,
} from "@wflo/core";
import { onTestFinished } from "vitest";
import { answer, request } from "./model.ts";

type Hook = (
  name: keyof LedgerStore,
  args: readonly unknown[],
  go: () => Promise<unknown>,
) => Promise<unknown>;

/** A call on the budget of `leasedClient`. */
export const CALL = { budgets: ["org"], maxOutputTokens: 100 };

/** A client with leases and one without, on one database whose ledger can be held back. */
export async function leasedClient(
  options: WfloOptions & { readonly bare?: Database } = {},
  set: object = {},
) {
  const { bare = memoryDatabase(), ...own } = options;
  const hook: { f: Hook } = { f: (_, __, go) => go() };
  const ledger = new Proxy(bare.ledger, {
    get(target, name: keyof LedgerStore) {
      const method = target[name] as (...args: unknown[]) => Promise<unknown>;
      return (...args: unknown[]) => hook.f(name, args, () => method.apply(target, args));
    },
  });
  const database = { ...bare, ledger, close: async () => {} };
  const wflo = createWflo({ database, logger: false, lease: ["org"], waitMs: 1_500, ...own });
  const other = createWflo({ database: { ...bare, close: async () => {} }, logger: false, waitMs: 600 });
  onTestFinished(async () => {
    hook.f = (_, __, go) => go();
    await wflo.close().catch(() => {});
    await other.close();
  });
  await wflo.budgets.set({ id: "org", caps: { total: "100.00" }, ...set });
  const call = (change: object = {}, client: Wflo = wflo) =>
    client.guardCall(request({ ...CALL, ...change }), async () => answer("done"));
  for (let made = 0; made < 12; made += 1) await call();
  await wflo.flush();
  const books = async () => {
    const window = (await other.budgets.get("org"))?.windows[0];
    return { spent: Number(window?.spent), reserved: Number(window?.reserved), free: window?.free ?? "0" };
  };
  return { bare, hook, wflo, other, call, books };
}

/** What it rejects with, as a value. */
export const settled = (work: Promise<unknown>): Promise<unknown> => work.catch((error: unknown) => error);

export const down = async (): Promise<never> => Promise.reject(new StoreUnavailableError("gone"));
