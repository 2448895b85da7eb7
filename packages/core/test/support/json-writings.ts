/** JSON as Python writes it: a space after each comma and colon. */
export function spacedJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(spacedJson).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const fields = Object.entries(value).filter(([, field]) => field !== undefined);
  return `{${fields.map(([name, field]) => `${JSON.stringify(name)}: ${spacedJson(field)}`).join(", ")}}`;
}

/** A schema as far as it is written as a type. */
interface Schema {
  readonly type?: string;
  readonly description?: string;
  readonly enum?: readonly unknown[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
}

/** A function of the caller's. */
export interface Tool {
  readonly name: string;
  readonly description?: string | undefined;
  readonly parameters?: object;
}

/** Functions as OpenAI's models read them, by what is publicly known of it: types of TypeScript in a namespace. */
export function typedFunctions(tools: readonly Tool[]): string {
  const types = tools.map(({ name, description, parameters = {} }) => {
    const said = description === undefined ? "" : `// ${description}\n`;
    const { properties } = parameters as Schema;
    return `${said}type ${name} = ${properties === undefined ? "()" : `(_: ${typeOf(parameters, 0)})`} => any;\n`;
  });
  return `namespace functions {\n\n${types.join("\n")}\n} // namespace functions`;
}

function typeOf(schema: Schema, depth: number): string {
  if (schema.enum !== undefined) return schema.enum.map((one) => JSON.stringify(one)).join(" | ");
  if (schema.type === "array")
    return schema.items === undefined ? "any[]" : `${typeOf(schema.items, depth)}[]`;
  if (schema.type !== "object") return schema.type ?? "any";
  const indent = " ".repeat(2 * depth);
  const lines = Object.entries(schema.properties ?? {}).map(([name, property]) => {
    const said = property.description === undefined ? "" : `${indent}// ${property.description}\n`;
    return `${said}${indent}${name}${schema.required?.includes(name) ? "" : "?"}: ${typeOf(property, depth + 1)},`;
  });
  return `{\n${lines.join("\n")}\n${indent}}`;
}
