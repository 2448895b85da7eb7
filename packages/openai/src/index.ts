export { UnmeteredSocketError, UnmeteredTransportError, UnpricedEndpointError } from "./errors.ts";
export type { WfloOpenAIOptions } from "./options.ts";
export { wfloOpenAI } from "./wflo-openai.ts";
