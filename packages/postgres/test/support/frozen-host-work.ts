import type { GuardRequest, Wflo, Workflow } from "@wflo/core";

const REQUEST: GuardRequest = {
  provider: "openai",
  model: "gpt-4.1",
  parts: ["hello"],
  maxOutputTokens: 200,
  budgets: ["user"],
};
const USAGE = { inputTokens: 10, outputTokens: 100 };

/** What a call costs: 10 x $2 + 100 x $8 per million. */
export const CALL_COST = "0.00082";

/** A guarded call on the budget `user`. */
export function ask(wflo: Wflo, during: () => Promise<void> = async () => {}): Promise<string> {
  return wflo.guardCall(REQUEST, async () => {
    await during();
    return { value: "answered", usage: USAGE };
  });
}

/** What a streamed call does besides. */
export interface StreamHooks {
  readonly beforeLast: () => Promise<void>;
  readonly onCut: () => void;
}

/** The same as a stream of `a`, `b` and, after `beforeLast`, `c`. */
export function askStream(wflo: Wflo, { beforeLast, onCut }: StreamHooks): Promise<ReadableStream<string>> {
  return wflo.guardStream(REQUEST, async ({ signal }) => {
    let isOver = false;
    const chunks = new ReadableStream<string>({
      async start(controller) {
        signal.addEventListener("abort", () => {
          onCut();
          controller.error(signal.reason);
        });
        controller.enqueue("a");
        controller.enqueue("b");
        await beforeLast();
        controller.enqueue("c");
        controller.close();
      },
    });
    const meter = {
      read(chunk: string) {
        isOver = chunk === "c";
        return [chunk];
      },
      isOver: () => isOver,
      flush: () => [],
      outcome: () =>
        isOver
          ? ({ kind: "answered", usage: USAGE } as const)
          : ({ kind: "cut", reason: "nobody wanted the rest" } as const),
    };
    return { chunks, meter, value: (metered: ReadableStream<string>) => metered };
  });
}

/** Where a run of two steps can be stopped. */
export interface LongHooks {
  readonly between: () => Promise<void>;
  readonly during: (step: string) => Promise<void>;
}

/** A workflow of two steps with a call each. */
export function longFlow(wflo: Wflo, { between, during }: LongHooks): Workflow<undefined, string> {
  return wflo.workflow("long", async (run) => {
    await run.step("first", () => ask(wflo, () => during("first")));
    await between();
    return run.step("second", () => ask(wflo, () => during("second")));
  });
}
