import type { DefaultDefinition, DefaultStore, LedgerStore } from "@wflo/core";
import { brokenLedger, type BrokenStore } from "./broken-store.ts";

const all = (ledger: LedgerStore, tenant: string) => ledger.listDefaults(tenant, { limit: 1_000 });

/** Makes a budget of the default that `isChosen`, and otherwise as a sound store does. */
function choosing(
  ledger: LedgerStore,
  isChosen: (prefix: string, id: string) => boolean,
): DefaultStore["createFromDefault"] {
  return async (tenant, id) => {
    const defaults = await all(ledger, tenant);
    const found = defaults.find(({ prefix }) => isChosen(prefix, id));
    const [there] = await ledger.getBudgets(tenant, [id]);
    if (there !== undefined || found === undefined || defaults.length === 1)
      return ledger.createFromDefault(tenant, id);
    return { budget: await ledger.setBudget(tenant, { ...found, id }), madeFrom: found.prefix };
  };
}

/** Calls `then` with each budget that a default made, or that was there before one could. */
function after(
  ledger: LedgerStore,
  then: (tenant: string, id: string, madeFrom: string | undefined) => Promise<unknown>,
): DefaultStore["createFromDefault"] {
  return async (tenant, id) => {
    const made = await ledger.createFromDefault(tenant, id);
    if (made !== undefined) await then(tenant, id, made.madeFrom);
    const [budget] = await ledger.getBudgets(tenant, [id]);
    return made && budget && { ...made, budget };
  };
}

const makers: readonly BrokenStore[] = [
  brokenLedger(
    "forgets the time zone of a default",
    "makes a budget of all that its default says",
    (ledger) => ({
      createFromDefault: after(ledger, async (tenant, id) => {
        const [budget] = await ledger.getBudgets(tenant, [id]);
        if (budget !== undefined) await ledger.setBudget(tenant, { ...budget, timeZone: "UTC" });
      }),
    }),
  ),
  brokenLedger(
    "looks before it makes",
    "tells one of many callers at once that it made a budget",
    (ledger) => ({
      async createFromDefault(tenant, id) {
        const [there] = await ledger.getBudgets(tenant, [id]);
        const matching = (await all(ledger, tenant)).filter(({ prefix }) => id.startsWith(prefix));
        const made = await ledger.createFromDefault(tenant, id);
        return made && { ...made, madeFrom: there === undefined ? matching.at(-1)?.prefix : undefined };
      },
    }),
  ),
  brokenLedger(
    "sets budgets that are there to their default",
    "leaves a budget that was set as it is, whatever its default says",
    (ledger) => {
      const made = new Set<string>();
      return {
        createFromDefault: after(ledger, async (tenant, id, madeFrom) => {
          const [found] = await all(ledger, tenant);
          if (madeFrom !== undefined) made.add(id);
          else if (!made.has(id) && found !== undefined) await ledger.setBudget(tenant, { ...found, id });
        }),
      };
    },
  ),
  brokenLedger(
    "takes the first default that matches",
    "takes the default with the longest prefix of an id",
    (ledger) => ({
      createFromDefault: choosing(ledger, (prefix, id) => id !== prefix && id.startsWith(prefix)),
    }),
  ),
  brokenLedger(
    "makes a budget of an id that is a prefix and no more",
    "takes the prefix of a default by the letter, with something after it",
    (ledger) => ({ createFromDefault: choosing(ledger, (prefix, id) => id === prefix) }),
  ),
  brokenLedger(
    "grants whatever is asked of budgets that it made",
    "refuses a call at the cap of a budget that a default made",
    (ledger) => {
      const made = new Set<string>();
      return {
        createFromDefault: after(ledger, async (_, id) => made.add(id)),
        reserve: (request) =>
          ledger.reserve({ ...request, budgetIds: request.budgetIds.filter((id) => !made.has(id)) }),
      };
    },
  ),
  brokenLedger(
    "changes budgets with their default",
    "leaves budgets that were made when their default is changed or removed",
    (ledger) => ({
      async setDefault(tenant, definition) {
        await ledger.setDefault(tenant, definition);
        for (const { id } of await ledger.listBudgets(tenant, { prefix: definition.prefix, limit: 1_000 }))
          await ledger.setBudget(tenant, { ...definition, id });
      },
    }),
  ),
];

const keepers: readonly BrokenStore[] = [
  brokenLedger(
    "adds the caps of a default to those it had",
    "shows a default as it was set last",
    (ledger) => ({
      async setDefault(tenant, definition) {
        const old = (await all(ledger, tenant)).find(({ prefix }) => prefix === definition.prefix);
        await ledger.setDefault(tenant, { ...definition, caps: { ...old?.caps, ...definition.caps } });
      },
    }),
  ),
  brokenLedger(
    "sorts defaults as a dictionary does",
    "pages through defaults by the bytes of their prefixes",
    (ledger) => ({
      async listDefaults(tenant, page) {
        const byDictionary = (a: DefaultDefinition, b: DefaultDefinition) =>
          a.prefix.localeCompare(b.prefix, "en");
        return (await ledger.listDefaults(tenant, page)).toSorted(byDictionary);
      },
    }),
  ),
  brokenLedger(
    "hides a default that is removed, and goes on with it",
    "makes nothing from a default that was removed",
    (ledger) => {
      const hidden = new Set<string>();
      const shown = async (tenant: string) =>
        (await all(ledger, tenant)).filter(({ prefix }) => !hidden.has(prefix));
      return {
        listDefaults: (tenant, page) =>
          hidden.size === 0 ? ledger.listDefaults(tenant, page) : shown(tenant),
        async removeDefault(tenant, prefix) {
          const isThere = (await shown(tenant)).some((one) => one.prefix === prefix);
          if (isThere) hidden.add(prefix);
          return isThere;
        },
      };
    },
  ),
  brokenLedger("mixes the defaults of tenants", "keeps the defaults of tenants apart", (ledger) => {
    const tenantOf = (tenant: string) => (tenant === "globex" ? "acme" : tenant);
    return {
      listDefaults: (tenant, page) => ledger.listDefaults(tenantOf(tenant), page),
      removeDefault: (tenant, prefix) => ledger.removeDefault(tenantOf(tenant), prefix),
      createFromDefault: (tenant, id) => ledger.createFromDefault(tenantOf(tenant), id),
    };
  }),
  brokenLedger(
    "takes a default in a zone that it does not know for one in UTC",
    "takes no default in a zone that it does not know, and keeps the old one",
    (ledger) => ({
      setDefault: (tenant, definition) =>
        ledger
          .setDefault(tenant, definition)
          .catch(() => ledger.setDefault(tenant, { ...definition, timeZone: "UTC" })),
    }),
  ),
];

/** Stores whose defaults do what nobody asked for. */
export const brokenDefaults: readonly BrokenStore[] = [...makers, ...keepers];
