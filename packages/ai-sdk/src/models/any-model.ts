import type { AnyModel } from "./model-name.ts";

const VERSIONS: readonly unknown[] = ["v2", "v3", "v4"];

/** Whether a value is a model of the AI SDK, or something else of a provider's that may be paid for, such as its batches. */
export function isModel(value: unknown): value is AnyModel {
  if ((typeof value !== "object" && typeof value !== "function") || value === null) return false;
  const { specificationVersion, provider } = value as Partial<AnyModel>;
  return typeof specificationVersion === "string" && typeof provider === "string";
}

/** Whether the version of a model's specification is one that is known. */
export function isOfKnownVersion({ specificationVersion }: AnyModel): boolean {
  return VERSIONS.includes(specificationVersion);
}

/** Whether a model is a language model, by what only those have. */
export function isLanguageModel(model: AnyModel): boolean {
  return "supportedUrls" in model && "doGenerate" in model && "modelId" in model;
}
