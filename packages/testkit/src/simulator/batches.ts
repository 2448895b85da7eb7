import { type Answer, planAnswer } from "./answer.ts";
import { endpointOf } from "./endpoint.ts";
import type { Files } from "./files.ts";
import type { JobPlan, JobState } from "./jobs.ts";
import { responseUsage } from "./responses.ts";
import { sumServed } from "./served.ts";
import type { SimulatorReply } from "./simulator-reply.ts";
import { readRequest, type SimulatorRequest } from "./simulator-request.ts";
import { wireOf } from "./wire-of.ts";

interface BatchOptions {
  readonly request: SimulatorRequest;
  readonly reply: SimulatorReply;
  readonly now: Date;
  readonly files: Files;
}

interface Line {
  readonly customId: string;
  readonly request: SimulatorRequest;
  readonly answer: Answer;
}

/** The work of a batch: every line of its file is answered by the same reply. Undefined when the file is not there or no batch. */
export function batchJob(options: BatchOptions): (JobPlan & { readonly queued: object }) | undefined {
  const { request, reply, now, files } = options;
  const text = files.read(String(request.body["input_file_id"]));
  const lines = text === undefined ? undefined : linesOf(text, options);
  if (lines === undefined) return undefined;
  const usage = sumServed(lines.map(({ answer }) => answer.usage));
  const id = `batch_sim-${request.index}`;
  const outputFile = files.write(`${id}_output.jsonl`, "batch_output", lines.map(outputOf).join("\n"));
  const common = {
    id,
    object: "batch",
    endpoint: request.body["endpoint"],
    input_file_id: request.body["input_file_id"],
    completion_window: request.body["completion_window"],
    created_at: Math.floor(now.getTime() / 1000),
    metadata: request.body["metadata"] ?? null,
    model: lines[0]?.answer.model,
    errors: null,
  };
  const counts = (completed: number) => ({ completed, failed: 0, total: lines.length });
  return {
    id,
    kind: "batch",
    latencyMs: reply.latencyMs ?? 0,
    usage,
    fails: reply.errorAfterChunks !== undefined,
    queued: { ...common, status: "validating", request_counts: counts(0) },
    look: (state, { outputTokens, atSeconds }) => ({
      ...common,
      status: state,
      request_counts: counts(state === "completed" ? lines.length : 0),
      ...timeOf(state, atSeconds),
      ...(state === "completed" ? { output_file_id: outputFile.id } : {}),
      ...(tellsUsage(state, reply) ? { usage: usageOf(lines, { ...usage, outputTokens }) } : {}),
    }),
  };
}

function linesOf(text: string, { request, reply, now }: BatchOptions): readonly Line[] | undefined {
  try {
    const rows = text.split("\n").filter((row) => row.trim() !== "");
    return rows.map((row, index) => {
      const line = JSON.parse(row) as { custom_id: string; url: string; body: Record<string, unknown> };
      const endpoint = endpointOf("POST", line.url);
      if (endpoint?.kind !== "paid") throw new Error(`a batch cannot have ${line.url}`);
      const { api } = endpoint;
      const asked = readRequest({ api, path: line.url, body: line.body, headers: request.headers, index });
      return { customId: line.custom_id, request: asked, answer: planAnswer(asked, reply, now) };
    });
  } catch {
    return undefined;
  }
}

function outputOf({ customId, request, answer }: Line): string {
  const response = {
    status_code: 200,
    request_id: `req_${answer.id}`,
    body: wireOf(request, answer).body(),
  };
  return JSON.stringify({ id: `batch_req_${answer.id}`, custom_id: customId, response, error: null });
}

function tellsUsage(state: JobState, { omitUsage }: SimulatorReply): boolean {
  return (state === "completed" || state === "cancelled") && omitUsage !== true;
}

function usageOf(lines: readonly Line[], usage: Answer["usage"]): object | null {
  const [first] = lines;
  return first ? responseUsage({ ...first.answer, usage }) : null;
}

function timeOf(state: JobState, atSeconds: number): object {
  return state === "in_progress" ? {} : { [`${state}_at`]: atSeconds };
}
