import { noteMetered } from "@wflo/core";
import type {
  LanguageModelV4GenerateResult,
  LanguageModelV4StreamPart,
  LanguageModelV4StreamResult,
} from "@ai-sdk/provider";
import type { AgentRun } from "./agent-run.ts";
import { RecordedStream, streamOf } from "./recorded-stream.ts";
import { withFiles, withPlainFiles } from "./saved-files.ts";

const STEP = "model";

/** What a model is asked. */
export interface Asked {
  /** All that its answer depends on. */
  readonly content: string;
  readonly signal: AbortSignal | undefined;
}

/** An answer in one piece that a run pays for once: a resumed one gets what was saved. */
export async function savedAnswer(
  agentRun: AgentRun,
  { content, signal }: Asked,
  ask: () => Promise<LanguageModelV4GenerateResult>,
): Promise<LanguageModelV4GenerateResult> {
  noteMetered();
  let live: LanguageModelV4GenerateResult | undefined;
  const saved = await agentRun.step(STEP, content, async () => {
    live = await ask();
    // What was sent, and what came over the wire, is no part of the answer.
    const { request: _, response, ...answer } = live;
    const { body: __, headers: ___, ...about } = response ?? {};
    return { ...answer, content: withPlainFiles(answer.content), response: about };
  });
  agentRun.answered(saved.content, signal);
  return live ?? { ...saved, content: withFiles(saved.content) };
}

/** The same of an answer that streams: its end waits for its save. */
export async function savedStream(
  agentRun: AgentRun,
  { content, signal }: Asked,
  ask: () => Promise<LanguageModelV4StreamResult>,
): Promise<LanguageModelV4StreamResult> {
  noteMetered();
  const opened = Promise.withResolvers<LanguageModelV4StreamResult>();
  const save = async (): Promise<readonly LanguageModelV4StreamPart[]> => {
    const { parts } = await agentRun.step(STEP, content, async () => {
      const answer = await ask();
      const recorded = new RecordedStream(answer.stream, () => saved);
      opened.resolve({ ...answer, stream: recorded.stream });
      return { parts: withPlainFiles(await recorded.parts) };
    });
    agentRun.answered(parts, signal);
    return parts;
  };
  const saved = save();
  // Of a step that is not run, there is no stream but the saved one.
  saved.then((parts) => opened.resolve({ stream: streamOf(withFiles(parts)) }), opened.reject);
  return opened.promise;
}
