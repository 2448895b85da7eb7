import type { Answer } from "./answer.ts";
import { responseUsage } from "./responses.ts";
import { plainWire, type Wire } from "./wire.ts";

/** Writes answers as `/v1/responses/compact` does: a conversation in one item that only the provider can read. */
export function compactionWire(answer: Answer): Wire {
  const text = answer.items.map((item) => item.pieces.join("")).join("");
  return plainWire({
    body: () => ({
      id: `resp_${answer.id}`,
      object: "response.compaction",
      created_at: answer.createdAtSeconds,
      output: [{ id: `cmp_${answer.id}`, type: "compaction", encrypted_content: btoa(encodeURI(text)) }],
      ...(answer.omitUsage ? {} : { usage: responseUsage(answer) }),
    }),
  });
}
