import { ANTHROPIC } from "./anthropic.ts";
import { GOOGLE } from "./google.ts";
import { OPENAI } from "./openai.ts";
import { OTHERS } from "./others.ts";
import type { OverlayFee, OverlayModifier, OverlayRates, OverlayUnknown } from "./row.ts";
import { X_AI } from "./x-ai.ts";

const ALL = [OPENAI, ANTHROPIC, GOOGLE, X_AI, OTHERS];

/** What the price list has wrong or lacks. Of two rows for one id the later wins once its date has come. */
export const OVERLAY_RATES: readonly OverlayRates[] = ALL.flatMap(({ rates = [] }) => rates);
/** Prices that are not known rather than what the price list would give. */
export const OVERLAY_UNKNOWN: readonly OverlayUnknown[] = ALL.flatMap(({ unknown = [] }) => unknown);
/** Fees by the piece. */
export const OVERLAY_FEES: readonly OverlayFee[] = ALL.flatMap(({ fees = [] }) => fees);
/** What changes the price of tokens. */
export const OVERLAY_MODIFIERS: readonly OverlayModifier[] = ALL.flatMap(({ modifiers = [] }) => modifiers);
