import { budgetsAround } from "./budgets-around.ts";
import { checkBudgets } from "./check-budgets.ts";
import type { DoorSettings } from "./door-settings.ts";
import { guardCall } from "./guard-call.ts";
import type { Answer, Grant, GuardRequest, Outcome, StreamAnswer } from "./guard-request.ts";
import { guardStream } from "./guard-stream.ts";
import { SeenModels } from "./seen-models.ts";
import { Unmetered } from "./unmetered.ts";
import { settleRemote, type RemoteCall } from "./settle-remote.ts";

/** The one way to a paid request, for adapters and hand-written agents alike. */
export interface Door {
  /** See `guard/guard-call.ts`. */
  guardCall<T>(request: GuardRequest, attempt: (grant: Grant) => Promise<Answer<T>>): Promise<T>;
  /** See `guard/guard-stream.ts`. */
  guardStream<Chunk, T>(
    request: GuardRequest,
    attempt: (grant: Grant) => Promise<StreamAnswer<Chunk, T> | Answer<T>>,
  ): Promise<T>;
  /** See `guard/check-budgets.ts`. */
  checkBudgets(request: GuardRequest): Promise<void>;
  /** See `guard/budgets-around.ts`. */
  budgetsAround(): Promise<readonly string[]>;
  /** See `guard/settle-remote.ts`. */
  settleRemote(remote: RemoteCall, outcome: Outcome): Promise<boolean>;
  /** See `guard/unmetered.ts`. */
  reportUnmetered(call: { readonly provider: string; readonly what: string }): void;
  /** See `guard/unmetered.ts`. */
  reportLayered(call: { readonly provider: string; readonly model: string }): void;
  /** See `guard/unmetered.ts`. */
  reportUnlessMetered<T>(
    call: { readonly provider: string; readonly what: string },
    work: () => T | PromiseLike<T>,
  ): Promise<T>;
  /** See `guard/unmetered.ts`. */
  reportUnwrapped(call: { readonly provider: string; readonly model: string; readonly remedy: string }): void;
}

/** The door of one client, with what it remembers of models. */
export function createDoor(settings: DoorSettings): Door {
  const seen = new SeenModels();
  const unmetered = new Unmetered(settings);
  return {
    guardCall: (request, attempt) => guardCall(settings, seen, request, attempt),
    guardStream: (request, attempt) => guardStream(settings, seen, request, attempt),
    checkBudgets: (request) => checkBudgets(settings, seen, request),
    budgetsAround: () => budgetsAround(settings),
    settleRemote: (remote, outcome) => settleRemote(settings, remote, outcome),
    reportUnmetered: (call) => unmetered.report(call),
    reportLayered: (call) => unmetered.reportLayered(call),
    reportUnlessMetered: (call, work) => unmetered.unlessMetered(call, work),
    reportUnwrapped: (call) => unmetered.reportUnwrapped(call),
  };
}
