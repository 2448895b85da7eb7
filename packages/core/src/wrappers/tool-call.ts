import { checkOptions } from "../budget/check-options.ts";
import { checkName } from "../budget/check-name.ts";
import { InvalidOptionError } from "../errors/invalid-option-error.ts";
import type { Door } from "../guard/door.ts";
import type { ToolFunction, ToolOptions } from "../run/run-services.ts";

/**
 * Calls a tool through the door: counted with its latency, and charged `price` when it returns. Paid calls inside are calls
 * of their own. One that costs nothing owes nothing when it throws; one with a price is judged like any request
 * (`outcomeOfError`). Throws what `guardCall` throws, what the function throws, and `InvalidOptionError` for a name that is none.
 */
export async function callTool<T>(
  door: Pick<Door, "guardCall">,
  name: string,
  fn: ToolFunction<T>,
  options?: ToolOptions,
): Promise<T> {
  checkName("The name of a tool", name);
  if (typeof fn !== "function") throw new InvalidOptionError(`Tool ${name} needs a function.`);
  const { price = 0 } = checkOptions(`The options of tool ${name}`, options, { price: true });
  const request = { provider: "tool", model: name, parts: [], tool: true, price };
  return door.guardCall(request, async ({ signal }) => ({ value: await fn({ signal }), usage: undefined }));
}
