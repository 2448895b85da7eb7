import type { DecidedJson } from "./batch-json.ts";
import type { WindowJson } from "./read-window.ts";
import type { ReserveArgs } from "./reserve-args.ts";
import { listText, rowText } from "./row-text.ts";

/** More than this is not remembered, then all is learned anew: sets, and windows, of which each day has new ones. */
const MAX_SETS = 10_000;
const MAX_WINDOWS = 50_000;

/** A window as the database told of it last. */
export interface KnownWindow {
  json: WindowJson;
  /** When it began, as PostgreSQL reads it. */
  readonly start: string;
  freeNanoUsd: bigint;
}

/** Budgets that calls name together, as the database told of them last. */
export interface KnownSet {
  readonly versions: ReadonlyMap<string, string>;
  /** In lock order. */
  readonly windows: readonly KnownWindow[];
  /** As `wflo.foresee` takes it. */
  readonly row: string;
}

/** What the database told this process of sets of budgets. It may be out of date: whoever foresees by it has the database look. */
export class KnownSets {
  readonly #sets = new Map<string, KnownSet>();
  readonly #windows = new Map<string, KnownWindow>();
  /** Of budgets: once one is told of anew, what is known of it by older sets is not so. */
  readonly #versions = new Map<string, string>();

  /** Undefined for one that is not known, or of which a budget has changed since. */
  find(call: ReserveArgs): KnownSet | undefined {
    const set = this.#sets.get(keyOfSet(call));
    for (const [id, version] of set?.versions ?? [])
      if (this.#versions.get(keyOfBudget(call.tenant, id)) !== version) return undefined;
    return set;
  }

  /** Of each call that was granted, from the answer to the batch that it was in. */
  learn(calls: readonly ReserveArgs[], answer: DecidedJson): void {
    const { grants, versions, charging } = answer;
    if (this.#sets.size >= MAX_SETS || this.#windows.size >= MAX_WINDOWS) this.forgetAll();
    for (const [at, call] of calls.entries()) {
      if (grants?.[at] === undefined || grants[at] === null) continue;
      const key = keyOfSet(call);
      const ids = call.budgetIds;
      const own = ids.flatMap((id): [string, string][] => {
        const version = versions?.[id];
        return version === undefined ? [] : [[id, version]];
      });
      if (own.length < ids.length) continue;
      for (const [id, version] of own) this.#versions.set(keyOfBudget(call.tenant, id), version);
      const windows = answer.windows.filter(({ budgetId }) => ids.includes(budgetId));
      const charges = ids.length === 0 || ids.some((id) => charging?.includes(id));
      this.#sets.set(
        key,
        setOf(
          ids,
          new Map(own),
          charges,
          windows.map((json) => this.#see(call.tenant, json)),
        ),
      );
    }
  }

  /** Those of these calls: it was not so. */
  forget(calls: readonly ReserveArgs[]): void {
    for (const call of calls) this.#sets.delete(keyOfSet(call));
  }

  /** The server may be another one, or have been set back: what it tells now is not what it told then. */
  forgetAll(): void {
    this.#sets.clear();
    this.#windows.clear();
    this.#versions.clear();
  }

  #see(tenant: string, json: WindowJson): KnownWindow {
    const key = [tenant, json.budgetId, json.window, json.startsAt].join("\u0000");
    const window = this.#windows.get(key) ?? { json, start: startOf(json), freeNanoUsd: 0n };
    window.json = json;
    window.freeNanoUsd = BigInt(json.cap) - BigInt(json.spent) - BigInt(json.reserved);
    this.#windows.set(key, window);
    return window;
  }
}

function keyOfBudget(tenant: string, id: string): string {
  return `${tenant}\u0000${id}`;
}

function keyOfSet({ tenant, budgetIds, inherited }: ReserveArgs): string {
  return [tenant, ...budgetIds, "", ...inherited].join("\u0000");
}

function setOf(
  ids: readonly string[],
  versions: ReadonlyMap<string, string>,
  charges: boolean,
  windows: readonly KnownWindow[],
): KnownSet {
  const row = rowText([
    listText(ids),
    null,
    null,
    charges,
    null,
    listText(windows.map(({ json }) => json.budgetId)),
    listText(windows.map(({ json }) => json.window)),
    listText(windows.map(({ start }) => start)),
  ]);
  return { versions, windows, row };
}

function startOf({ startsAt }: WindowJson): string {
  return startsAt === null ? "-infinity" : new Date(startsAt).toISOString();
}
