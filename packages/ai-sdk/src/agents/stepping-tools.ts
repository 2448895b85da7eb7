import { currentAgentRun, type ToolCall } from "./agent-run.ts";
import { heard, savedOutcome, told } from "./tool-outcome.ts";

type Execute = (input: unknown, call: ToolCall) => unknown;

interface AnyTool {
  readonly execute?: unknown;
  readonly toModelOutput?: unknown;
}

/**
 * The same tools, whose every call inside of the run of an agent's workflow is a step: what was done before the run stopped is not done again. The
 * agent's own tools are steps anyway; those of agents and calls that work inside of a tool need this.
 */
export function steppingTools<Tools extends object>(tools: Tools): Tools {
  const stepping = Object.entries(tools).map(([name, tool]) => [name, steppingTool(name, tool as AnyTool)]);
  return Object.fromEntries(stepping) as Tools;
}

function steppingTool(name: string, tool: AnyTool): AnyTool {
  const { execute } = tool;
  if (typeof execute !== "function" || isGenerator(execute) || steps.has(execute)) return tool;
  const stepping: Execute = (input, call) => {
    const run = () => (execute as Execute).call(tool, input, call);
    const agentRun = currentAgentRun();
    if (agentRun === undefined) return run();
    const content = JSON.stringify([call.toolCallId, input]);
    const work = async () => lastOf(await run());
    const outcome = savedOutcome({
      step: (save) => agentRun.step(name, content, save),
      work: () => told(work, () => agentRun.isOver(call)),
      // Else the model reads what the tool makes of the result itself.
      isReadAsJson: tool.toModelOutput === undefined,
    });
    return outcome.then(heard);
  };
  steps.add(stepping);
  return withExecute(tool, stepping);
}

/** Functions of tools that are steps already. */
const steps = new WeakSet<object>();

/** The same tool, also one of a class, with another function. */
function withExecute(tool: AnyTool, execute: Execute): AnyTool {
  const own = Object.getOwnPropertyDescriptors(tool);
  const value = { value: execute, enumerable: true, configurable: true, writable: true };
  return Object.create(Object.getPrototypeOf(tool) as object | null, { ...own, execute: value }) as AnyTool;
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
