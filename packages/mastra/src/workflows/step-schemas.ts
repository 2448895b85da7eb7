import { isBudgetSuspension } from "./budget-suspension.ts";

/** A schema as Mastra asks it. */
export interface AnySchema {
  readonly "~standard": { readonly validate: (value: unknown) => Verdict | Promise<Verdict> };
}

type Verdict = { readonly value: unknown } | { readonly issues: readonly { readonly message: string }[] };

/** The same schema, for what a step suspends with: it may wait for money as well. */
export function orBudgetSuspension(schema: unknown): unknown {
  return accepting(schema, isBudgetSuspension);
}

/** The same schema, for what a step is resumed with: one that waits for money needs nothing. */
export function orNothing(schema: unknown): unknown {
  return accepting(schema, (value) => value === undefined);
}

/** What is wrong with a value, in the words of a schema; undefined when nothing is. */
export async function issuesOf(schema: unknown, value: unknown): Promise<string | undefined> {
  if (!isSchema(schema)) return undefined;
  const verdict = await schema["~standard"].validate(value);
  return "issues" in verdict && verdict.issues !== undefined
    ? verdict.issues.map(({ message }) => message).join("; ")
    : undefined;
}

function accepting(schema: unknown, isFine: (value: unknown) => boolean): unknown {
  if (!isSchema(schema)) return schema;
  const standard = schema["~standard"];
  const validate = (value: unknown) => (isFine(value) ? { value } : standard.validate(value));
  const relaxed = { ...standard, validate };
  return new Proxy(schema, {
    get: (target, key) => (key === "~standard" ? relaxed : (Reflect.get(target, key, target) as unknown)),
  });
}

function isSchema(schema: unknown): schema is AnySchema {
  if ((typeof schema !== "object" && typeof schema !== "function") || schema === null) return false;
  return "~standard" in schema;
}
