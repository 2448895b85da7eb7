import type { GuardRequest, RequestPart } from "@wflo/core";
import type { BrokenAdapter } from "./broken-adapter.ts";
import { rawAdapter } from "./raw-adapter.ts";

/** Adapters that tell the door less than they send. */
export const brokenBounds: readonly BrokenAdapter[] = [
  {
    flaw: "takes four bytes for a token",
    create: rawAdapter({ describe: withTexts((text) => text.slice(0, text.length / 4)) }),
    breaks: [
      "holds no less than a prompt of a megabyte can cost",
      "holds no less than the description of a tool can cost",
    ],
  },
  {
    flaw: "looks at the beginning of a prompt",
    create: rawAdapter({ describe: withTexts((text) => text.slice(0, 30_000)) }),
    breaks: ["holds no less than a prompt of a megabyte can cost"],
  },
  {
    flaw: "forgets the tools",
    create: rawAdapter({
      describe: withTexts((text) => JSON.stringify({ ...(JSON.parse(text) as object), tools: [] })),
    }),
    breaks: ["holds no less than the description of a tool can cost"],
  },
  {
    flaw: "counts the bytes of an image",
    create: rawAdapter({ describe: withParts((part) => (isOpaque(part) ? (part.key ?? "") : part)) }),
    breaks: ["holds no less than an image can cost, however few bytes it has"],
  },
];

type Describe = (request: GuardRequest) => GuardRequest;

function withParts(change: (part: RequestPart) => RequestPart): Describe {
  return (request) => ({ ...request, parts: request.parts.map(change) });
}

function withTexts(change: (text: string) => string): Describe {
  return withParts((part) =>
    typeof part !== "string" && part.kind === "text" ? { ...part, text: change(part.text) } : part,
  );
}

function isOpaque(part: RequestPart): part is Extract<RequestPart, { readonly kind: "opaque" }> {
  return typeof part !== "string" && part.kind === "opaque";
}
