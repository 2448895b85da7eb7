import { providerName } from "./provider-name.ts";

const ARN = /^arn:[^:]*:bedrock:[^:]*:[^:]*:(?:inference-profile|foundation-model)\/(.+)$/;
const PUBLISHER = /^(?:projects\/[^/]+\/locations\/[^/]+\/)?publishers\/[^/]+\/models\//;
const LEADING_SEGMENT = /^([a-z][\w.-]*)[/:](.+)$/;
const VARIANT = /:(free|online|nitro|floor|exacto|batch|thinking|extended|beta)$/;

/**
 * A model id as catalogues write it: in lower case, without `models/`, a publisher path, the ARN in front of
 * a Bedrock profile, a leading segment that repeats the provider, or Claude Code's `[1m]`. Region prefixes
 * (`us.`) stay: they price.
 */
export function modelId(provider: string, model: string): string {
  let id = model.trim().toLowerCase();
  id = id.replace(/\[1m\]$/, "");
  id = ARN.exec(id)?.[1] ?? id;
  id = id.replace(PUBLISHER, "").replace(/^models\//, "");
  const leading = LEADING_SEGMENT.exec(id);
  if (leading && isSameProvider(leading[1] ?? "", provider)) id = leading[2] ?? id;
  return id;
}

function isSameProvider(segment: string, provider: string): boolean {
  const name = providerName(segment);
  // Vertex writes `google/gemini-2.5-flash`.
  return name === provider || (name === "google" && provider === "google-vertex");
}

/** The part of a router's id that changes what is billed: `free` of `deepseek/deepseek-chat-v3.1:free`. */
export function variantOf(id: string): string | undefined {
  return VARIANT.exec(id)?.[1];
}

/** The id without a snapshot's date at its end: `gpt-4o` of `gpt-4o-2024-08-06`. */
export function withoutDate(id: string): string {
  return id.replace(/[-@]\d{4}-?\d{2}-?\d{2}$/, "");
}
