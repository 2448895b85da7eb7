import { namesOfPath, type CostNode } from "@wflo/core";

/** A run's cost as a tree: its steps and agents, and the tools and models inside them. */
export function costTree(node: CostNode, depth = 0): string {
  const cost = `$${node.cost}`.padEnd(12);
  const calls = `${node.calls} ${node.calls === 1 ? "call " : "calls"}`.padStart(8);
  const name = node.kind === "run" ? "the run" : `${node.kind} ${node.name}`;
  const line = `  ${cost} ${calls}  ${"  ".repeat(depth)}${name}`;
  return [line, ...node.children.map((child) => costTree(child, depth + 1))].join("\n");
}

/** The path of a step without the escapes that keep names with separators apart. */
export function readable(step: string): string {
  return namesOfPath(step).join(" / ");
}

/** How a page begins. */
export function firstLines(page: string): string {
  return page.split("\n").slice(0, 8).join("\n");
}
