import { currentAgentRun } from "./agent-run.ts";

type Execute = (input: unknown, options: { readonly toolCallId: string }) => unknown;

interface AnyTool {
  readonly execute?: unknown;
}

/** The same tools, whose every call is a step of the agent's run around: what was done before the run stopped is not done again. */
export function steppingTools<Tools extends object>(tools: Tools): Tools {
  const stepping = Object.entries(tools).map(([name, tool]) => [name, steppingTool(name, tool as AnyTool)]);
  return Object.fromEntries(stepping) as Tools;
}

function steppingTool(name: string, tool: AnyTool): AnyTool {
  const { execute } = tool;
  if (typeof execute !== "function" || isGenerator(execute)) return tool;
  const stepping: Execute = (input, options) => {
    const work = async () => lastOf(await (execute as Execute).call(tool, input, options));
    return currentAgentRun()?.step(name, JSON.stringify([options.toolCallId, input]), work) ?? work();
  };
  return { ...tool, execute: stepping };
}

/** What it tells on its way could not be told again: such a tool is no step. */
function isGenerator(execute: unknown): boolean {
  return Object.prototype.toString.call(execute) === "[object AsyncGeneratorFunction]";
}

/** Of what comes in several parts, the last is the result. */
async function lastOf(result: unknown): Promise<unknown> {
  if (typeof result !== "object" || result === null || !(Symbol.asyncIterator in result)) return result;
  let last: unknown;
  for await (const part of result as AsyncIterable<unknown>) last = part;
  return last;
}
