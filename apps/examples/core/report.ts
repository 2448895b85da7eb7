import type { CostNode, Wflo } from "@wflo/core";

/** A run's cost as a tree: its steps and agents, and the tools and models inside them. */
export function costTree(node: CostNode, depth = 0): string {
  const name = `${"  ".repeat(depth)}${node.kind === "run" ? "run" : `${node.kind} ${node.name}`}`;
  const calls = `${node.calls} ${node.calls === 1 ? "call " : "calls"}`;
  const line = `  ${name.padEnd(52)} ${calls.padStart(9)}  $${node.cost}`;
  return [line, ...node.children.map((child) => costTree(child, depth + 1))].join("\n");
}

/** Prints each step as it is saved, or skipped because it was saved before. */
export function showSteps(wflo: Wflo): void {
  wflo.on("step-saved", ({ step }) => console.log(`  saved    ${readable(step)}`));
  wflo.on("step-skipped", ({ step }) =>
    console.log(`  skipped  ${readable(step)}: saved before, not paid again`),
  );
}

/** The path of a step as people read it: in paths of steps, separators inside of names are escaped. */
export function readable(step: string): string {
  return decodeURIComponent(step);
}
