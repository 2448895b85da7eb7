import { InvalidOptionError } from "@wflo/core";
import { BaseChatModel } from "@langchain/core/language_models/chat_models";
import { coveringHandler } from "./model-call.ts";
import { METERED } from "./metered-calls.ts";
import { classWithPrivateFields } from "./private-fields.ts";
import { WfloCallbacks } from "../wflo-callbacks.ts";

type StreamEvents = (this: BaseChatModel, ...asked: unknown[]) => unknown;

/** The versions of LangChain's events that it tells handlers of; of later ones it tells nobody. */
const TOLD = new Set<unknown>(["v1", "v2"]);

/**
 * Has every chat model that nobody wrapped metered while it streams events of which LangChain tells no handler, where its calls are to be
 * counted. Streaming throws `InvalidOptionError` for models that cannot be metered.
 */
export function meterUntoldEvents(): void {
  const prototype = BaseChatModel.prototype as unknown as { streamEvents: StreamEvents };
  const original = prototype.streamEvents;
  prototype.streamEvents = function streamEvents(this: BaseChatModel, ...asked: unknown[]): unknown {
    const [, options] = asked as [unknown, { readonly version?: unknown } | undefined];
    const handler = coveringHandler();
    const isCounted = TOLD.has(options?.version) || this.metadata?.[METERED] === true;
    if (isCounted || !(handler instanceof WfloCallbacks)) return Reflect.apply(original, this, asked);
    refuseSecretive(this);
    return Reflect.apply(original, handler.metered(this), asked);
  };
}

function refuseSecretive(model: BaseChatModel): void {
  const secretive = classWithPrivateFields(model);
  if (secretive === undefined) return;
  throw new InvalidOptionError(
    `The events of ${secretive} cannot be counted: LangChain tells nobody of them, and its private fields (#…) are in no metered copy. ` +
      'Ask for streamEvents(input, { version: "v2" }), or stream().',
  );
}
