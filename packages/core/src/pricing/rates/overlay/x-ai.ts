import type { Overlay } from "./row.ts";
import { CHECKED_AGAIN, XAI_PRICES } from "./sources.ts";

const row = { provider: "x-ai", source: XAI_PRICES, checkedOn: CHECKED_AGAIN };

/** What wflo knows of xAI's prices beyond the price list. */
export const X_AI: Overlay = {
  rates: [
    {
      ...row,
      ifUnlisted: true,
      ids: /^grok-4\.7(?:-latest)?$/,
      model: "grok-4.7",
      rates: { input: "2", cachedInput: "0.5", output: "6" },
      long: { aboveInputTokens: 199_999, rates: { input: "4", cachedInput: "1", output: "12" } },
    },
  ],
  fees: [
    ...["web_search", "x_search", "code_execution", "code_interpreter", "container"].map((meter) => {
      return { ...row, meter, dollars: "0.005" };
    }),
    { ...row, meter: "attachment_search", dollars: "0.01" },
    ...["collections_search", "document_search", "file_search"].map((meter) => {
      return { ...row, meter, dollars: "0.0025" };
    }),
    // They are paid by their tokens.
    ...["view_image", "view_x_video", "mcp"].map((meter) => ({ ...row, meter, dollars: "0" })),
  ],
  modifiers: [
    {
      ...row,
      modifier: "service_tier:priority",
      times: [2, 1],
      source: "a third party's reading of xAI's price page of 2026-09-05",
    },
  ],
};
