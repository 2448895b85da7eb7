import { createHash } from "node:crypto";
import { type SimulatorReply, type SimulatorRequest, startSimulator } from "@wflo/testkit/simulator";
import { readTask, tell } from "./task.ts";

/** What the simulator has of one request, told when the parent asks. */
export interface ServedRequest {
  /** From the headers that the workers send along. */
  readonly callId: string;
  readonly step: string;
  /** 200 once the answer began to leave; 0 before. */
  readonly status: number;
  /** The whole answer was written to a client that was still there. */
  readonly isWhole: boolean;
  /** What a provider bills; undefined when it bills nothing. */
  readonly inputTokens: number | undefined;
  readonly outputTokens: number | undefined;
}

/** What the process says: its address, then its journal each time it is asked. */
export type KillSimulatorMessage = { readonly url: string } | { readonly served: readonly ServedRequest[] };

readTask();
const simulator = await startSimulator({ reply: replyTo });

/** The same prompt has the same answer in every process, after 40 to 160 ms. */
function replyTo({ messages, stream }: SimulatorRequest): SimulatorReply {
  const digest = createHash("sha256").update(JSON.stringify(messages)).digest();
  const words = digest.toString("hex").slice(0, 48).match(/.{6}/g) ?? [];
  const latencyMs = 40 + ((digest[0] ?? 0) % 121);
  return { text: words.join(" "), latencyMs, ...(stream ? { tokensPerSecond: 200 } : {}) };
}

function served(): readonly ServedRequest[] {
  return simulator.requests.map(({ headers }, at) => {
    const entry = simulator.journal[at];
    return {
      callId: headers["x-bench-call"] ?? "",
      step: headers["x-bench-step"] ?? "",
      status: entry?.status ?? 0,
      isWhole: entry !== undefined && entry.done && entry.status === 200 && !entry.clientGone,
      inputTokens: entry?.served?.inputTokens,
      outputTokens: entry?.served?.outputTokens,
    };
  });
}

process.on("message", () => void tell({ served: served() } satisfies KillSimulatorMessage));
await tell({ url: simulator.url } satisfies KillSimulatorMessage);
