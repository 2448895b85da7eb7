import { JsonPlusSerializer, type SerializerProtocol } from "@langchain/langgraph-checkpoint";
import { UnsavableValueError, type ValueCodec } from "@wflo/core";

/** Under this key alone stands the text of a value that has messages or other objects of LangChain in it. */
const KEY = "langchain.json";

const serializer: SerializerProtocol = new JsonPlusSerializer();

/** Inputs and results of graphs, with the messages that are in them. */
export const graphValues: ValueCodec = {
  async write(value) {
    refuseCode(value, "value", new Set());
    const [, bytes] = await serializer.dumpsTyped(value);
    return { [KEY]: new TextDecoder().decode(bytes) };
  },
  async read(written) {
    if (typeof written !== "object" || written === null || Object.keys(written).length !== 1) return written;
    const text: unknown = Object.hasOwn(written, KEY) ? Reflect.get(written, KEY) : undefined;
    return typeof text === "string" ? serializer.loadsTyped("json", text) : written;
  },
};

/** Throws `UnsavableValueError` for functions and symbols in plain data: the serializer would leave them out without a word. */
function refuseCode(value: unknown, path: string, seen: Set<object>): void {
  if (typeof value === "function" || typeof value === "symbol")
    throw new UnsavableValueError(path, `it is a ${typeof value}`);
  if (typeof value !== "object" || value === null || seen.has(value)) return;
  seen.add(value);
  const isPlain = Array.isArray(value) || [Object.prototype, null].includes(Object.getPrototypeOf(value));
  if (!isPlain) return;
  for (const [key, part] of Object.entries(value)) refuseCode(part, `${path}.${key}`, seen);
}
