import type { LeasePost } from "@wflo/core";
import { brokenLedger, type BrokenStore } from "./broken-store.ts";

/** A store that posts something else than it was given. */
function posting(name: string, breaks: string, other: (post: LeasePost) => LeasePost): BrokenStore {
  return brokenLedger(name, breaks, (ledger) => ({
    post: (tenant, post) => ledger.post(tenant, other(post)),
  }));
}

interface Reasons {
  isPaused: boolean;
  isSetAnew: boolean;
  isRecalled: boolean;
}

/** A store that says that nobody wants a lease where `isIgnored`. */
function unwanting(name: string, breaks: string, isIgnored: (reasons: Reasons) => boolean): BrokenStore {
  return brokenLedger(name, breaks, (ledger) => {
    const reasons: Reasons = { isPaused: false, isSetAnew: false, isRecalled: false };
    const known = new Set<string>();
    return {
      setBudget(tenant, budget) {
        if (known.has(`${tenant} ${budget.id}`)) reasons.isSetAnew = true;
        known.add(`${tenant} ${budget.id}`);
        return ledger.setBudget(tenant, budget);
      },
      setPaused(tenant, id, paused) {
        reasons.isPaused = paused;
        return ledger.setPaused(tenant, id, paused);
      },
      recall(...args) {
        reasons.isRecalled = true;
        return ledger.recall(...args);
      },
      async post(tenant, post) {
        const state = await ledger.post(tenant, post);
        return state && { ...state, isWanted: state.isWanted && !isIgnored(reasons) };
      },
    };
  });
}

const posts: readonly BrokenStore[] = [
  posting(
    "posts two calls at once at most",
    "books calls on the budgets of their lease, which shrinks by what they cost",
    (post) => ({ ...post, calls: post.calls.slice(0, 2) }),
  ),
  posting(
    "posts calls without their receipts",
    "writes an entry for each call of a lease, as its owner told it",
    (post) => ({ ...post, calls: post.calls.map((call) => ({ ...call, receipt: {} })) }),
  ),
  brokenLedger(
    "takes a call that is posted again for another one",
    "counts a call of a lease once, however often it is posted",
    (ledger) => {
      const known = new Set<string>();
      const last = "ffffffffffff";
      const other = (id: string) => id.slice(0, -last.length) + last;
      return {
        post(tenant, post) {
          const calls = post.calls.map((call) => {
            if (!known.has(call.callId)) return call;
            return { ...call, callId: other(call.callId), settlementId: other(call.settlementId) };
          });
          for (const { callId } of post.calls) known.add(callId);
          return ledger.post(tenant, { ...post, calls });
        },
      };
    },
  ),
  posting("keeps all of a lease", "gives back what is not kept of a lease, and never adds to it", (post) => ({
    ...post,
    keepNanoUsd: undefined,
  })),
  posting(
    "charges no call of a lease above its hold",
    "charges bills above their holds in full, and leaves the holds of others alone",
    (post) => ({
      ...post,
      calls: post.calls.map((call) => {
        const { costNanoUsd, heldNanoUsd } = call;
        return { ...call, costNanoUsd: costNanoUsd > heldNanoUsd ? heldNanoUsd : costNanoUsd };
      }),
    }),
  ),
  brokenLedger(
    "does not know calls of leases again",
    "settles and corrects a call of a lease as any other once it is posted",
    (ledger) => {
      const posted = new Set<string>();
      return {
        post(tenant, post) {
          for (const { callId } of post.calls) posted.add(callId);
          return ledger.post(tenant, post);
        },
        async settle(...args) {
          const verdicts = await ledger.settle(...args);
          return verdicts.map((verdict) =>
            posted.has(verdict.callId) ? { ...verdict, code: "unknown" } : verdict,
          );
        },
      };
    },
  ),
  brokenLedger(
    "tells no warnings of calls of leases",
    "tells the warnings that calls of a lease bring up",
    (ledger) => ({
      async post(tenant, post) {
        const state = await ledger.post(tenant, post);
        return state && { ...state, warnings: undefined };
      },
    }),
  ),
];

const lives: readonly BrokenStore[] = [
  brokenLedger(
    "forgets leases that have expired",
    "books calls of a lease that has expired, beside what that was charged",
    (ledger) => ({
      async post(tenant, post) {
        const closed = await ledger.listEntries(tenant, { callId: post.leaseId, limit: 1 });
        return closed.length > 0 ? undefined : ledger.post(tenant, post);
      },
    }),
  ),
  posting(
    "lets leases expire while their owners post",
    "keeps a lease alive for as long as its owner posts",
    (post) => ({ ...post, ttlMs: 1 }),
  ),
  brokenLedger("takes any id for a lease", "knows nothing of a lease that nobody took", (ledger) => ({
    post: async (tenant, post) =>
      (await ledger.post(tenant, post)) ?? { isHeld: false, amountNanoUsd: 0n, isWanted: false },
  })),
  brokenLedger("recalls no lease", "tells the owner of a lease that others wait for its money", () => ({
    recall: async () => {},
  })),
  unwanting(
    "lets leases of paused budgets be used",
    "wants no call of a lease on a budget that is paused",
    ({ isPaused }) => isPaused,
  ),
  unwanting(
    "tells no owner of a lease that its budget was set anew",
    "wants no call of a lease on a budget that was set anew",
    ({ isSetAnew }) => isSetAnew,
  ),
  unwanting(
    "lets leases be used when their day is over",
    "wants no call of a lease whose day has ended",
    ({ isPaused, isSetAnew, isRecalled }) => !isPaused && !isSetAnew && !isRecalled,
  ),
];

/** Stores that each break one promise of leases. */
export const brokenLeases: readonly BrokenStore[] = [...posts, ...lives];
