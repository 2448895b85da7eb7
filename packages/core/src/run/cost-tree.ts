import type { CostGroup } from "../ports/ledger-store.ts";
import { CostTally, type CostSum } from "./cost-tally.ts";
import { namesOfPath } from "./step-path.ts";

/** A part of a run with everything inside it: the sum includes the children. */
export interface CostNode extends CostSum {
  readonly kind: "run" | "agent" | "step" | "tool" | "model";
  readonly name: string;
  readonly children: readonly CostNode[];
}

/** The costs of a run as they lie inside each other. Children come in the order of their first calls. */
export function costTree(groups: readonly CostGroup[]): CostNode {
  const root = new Branch("run", "run");
  for (const group of groups) {
    const { step, agent, provider, model } = group.label;
    let at = root;
    at.tally.add(group);
    for (const name of step === undefined ? [] : namesOfPath(step)) {
      at = at.child(isOf(agent, name) ? "agent" : "step", name);
      at.tally.add(group);
    }
    const leaf = provider === "tool" ? at.child("tool", model) : at.child("model", `${provider}/${model}`);
    leaf.tally.add(group);
  }
  return root.node();
}

/** A step is an agent's when its calls say so: the agent's name, with or without a key. */
function isOf(agent: string | undefined, name: string): boolean {
  return agent !== undefined && (name === agent || name.startsWith(`${agent}:`));
}

class Branch {
  readonly tally = new CostTally();
  readonly #kind: CostNode["kind"];
  readonly #name: string;
  readonly #children = new Map<string, Branch>();

  constructor(kind: CostNode["kind"], name: string) {
    this.#kind = kind;
    this.#name = name;
  }

  child(kind: CostNode["kind"], name: string): Branch {
    const isPlace = kind === "agent" || kind === "step";
    const key = `${isPlace ? "place" : kind} ${name}`;
    let child = this.#children.get(key);
    if (child === undefined) {
      child = new Branch(kind, name);
      this.#children.set(key, child);
    }
    return child;
  }

  node(): CostNode {
    const children = Array.from(this.#children.values(), (child) => child.node());
    return { kind: this.#kind, name: this.#name, ...this.tally.sum(), children };
  }
}
