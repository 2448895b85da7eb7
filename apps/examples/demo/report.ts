import type { RunDetails, RunSummary } from "@wflo/core";

/** Rows under their headings, in aligned columns. */
export function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = headings.map((heading, at) =>
    Math.max(heading.length, ...rows.map((row) => row[at]?.length ?? 0)),
  );
  const line = (cells: readonly string[]) =>
    `  ${cells.map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0))).join("  ")}`;
  return [line(headings), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)].join("\n");
}

/** What a run has cost, by step and model. */
export function costTable({ cost }: RunDetails): string {
  const rows = cost.rows.map((row) => [
    row.step ?? "between steps",
    `${row.provider}/${row.model}`,
    String(row.calls),
    row.inputTokens.toLocaleString("en"),
    row.outputTokens.toLocaleString("en"),
    `$${row.cost}`,
  ]);
  const inputTokens = cost.rows.reduce((sum, row) => sum + row.inputTokens, 0);
  const outputTokens = cost.rows.reduce((sum, row) => sum + row.outputTokens, 0);
  const total = [
    "total",
    "",
    String(cost.calls),
    inputTokens.toLocaleString("en"),
    outputTokens.toLocaleString("en"),
    `$${cost.total}`,
  ];
  return table(["step", "model", "calls", "input", "output", "cost"], [...rows, total]);
}

/** The saved steps of a run: what a resume starts from. */
export function checkpointTable(run: RunDetails): string {
  const rows = run.steps.map(({ path, savedAt, result }) => [
    path,
    savedAt.toISOString().slice(11, 23),
    `${JSON.stringify(result).length} characters`,
  ]);
  return table(["checkpoint", "saved at (UTC)", "size"], rows);
}

/** Earlier runs, newest first. */
export function runTable(runs: readonly RunSummary[]): string {
  const rows = runs.map((run) => [
    run.id,
    run.workflow,
    run.status,
    run.createdAt.toISOString().slice(0, 19),
  ]);
  return table(["run", "workflow", "status", "started (UTC)"], rows);
}
