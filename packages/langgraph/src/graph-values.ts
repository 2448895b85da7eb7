import { JsonPlusSerializer, type SerializerProtocol } from "@langchain/langgraph-checkpoint";
import type { ValueCodec } from "@wflo/core";

/** Under this key alone stands the text of a value that has messages or other objects of LangChain in it. */
const KEY = "langchain.json";

const serializer: SerializerProtocol = new JsonPlusSerializer();

/** Inputs and results of graphs, with the messages that are in them. */
export const graphValues: ValueCodec = {
  async write(value) {
    const [, bytes] = await serializer.dumpsTyped(value);
    return { [KEY]: new TextDecoder().decode(bytes) };
  },
  async read(written) {
    if (typeof written !== "object" || written === null || Object.keys(written).length !== 1) return written;
    const text: unknown = Object.hasOwn(written, KEY) ? Reflect.get(written, KEY) : undefined;
    return typeof text === "string" ? serializer.loadsTyped("json", text) : written;
  },
};
