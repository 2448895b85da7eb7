import type { BoundWrapper, GuardRequest } from "@wflo/core";
import type { NativeCall } from "./attempt.ts";
import type { Endpoint } from "./endpoint.ts";
import { readNativeRequest, textOf } from "./native-request.ts";
import { outcomeOfNewBatch } from "./remote.ts";

/** A request as the door takes it, and how its answer is read. */
export interface Opened {
  readonly request: Pick<GuardRequest, "model" | "parts"> & Partial<GuardRequest>;
  readonly call: Omit<NativeCall, "fetch" | "hideUsage">;
}

/** A paid request that cannot be counted: held and charged at `hold`, whatever is in it. */
export function heldCall(
  endpoint: Extract<Endpoint, { kind: "paid" }>,
  body: RequestInit["body"],
  bound: BoundWrapper["request"],
): Opened {
  const reason = `calls to ${endpoint.name} tell no usage`;
  const model = textOf(readNativeRequest(body)?.fields["model"]);
  return {
    request: { model: model ?? endpoint.name, parts: [], canCap: false, ...bound },
    call: {
      api: undefined,
      streams: false,
      isBackground: false,
      truncates: false,
      outcomeOf: endpoint.isLater ? outcomeOfNewBatch : undefined,
      expected: endpoint.isLater
        ? undefined
        : { kind: "answered", usage: undefined, noUsage: { reason, isExpected: true } },
    },
  };
}
