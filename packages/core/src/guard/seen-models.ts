import type { CallLabel } from "../ports/ledger-store.ts";
import { Anchors } from "./anchors.ts";

/** Models and agents remembered at most. */
const CAPACITY = 1_000;
/** How long one answer without usage keeps further calls back. */
const NO_USAGE_MS = 60_000;
const FIRST_WANT_TOKENS = 8_192;

/** What this process has seen of agents and models: how long answers get, what requests take, whether usage comes with them. */
export class SeenModels {
  /** What answers told of the requests they were given to. */
  readonly anchors = new Anchors();
  readonly #longest = new Map<string, number>();
  readonly #withoutUsage = new Map<string, number>();
  #hasMiscounted = false;

  /** Output tokens to ask for when money is short: twice the longest answer so far, 8,192 at first. */
  wantOutputTokens(label: CallLabel): number {
    const longest = this.#longest.get(agentKey(label));
    return longest === undefined ? FIRST_WANT_TOKENS : longest * 2;
  }

  /** Notes the length of an answer. */
  answered(label: CallLabel, outputTokens: number): void {
    const key = agentKey(label);
    if (this.#longest.size >= CAPACITY && !this.#longest.has(key)) this.#longest.clear();
    this.#withoutUsage.delete(modelKey(label));
    this.#longest.set(key, Math.max(outputTokens, this.#longest.get(key) ?? 0));
  }

  /** Notes that a tokenizer gave no count; true the first time. */
  miscounted(): boolean {
    const isFirst = !this.#hasMiscounted;
    this.#hasMiscounted = true;
    return isFirst;
  }

  /** Notes an answer whose usage never came. */
  answeredWithoutUsage(label: CallLabel, nowMs: number): void {
    if (this.#withoutUsage.size >= CAPACITY) this.#withoutUsage.clear();
    this.#withoutUsage.set(modelKey(label), nowMs);
  }

  /** True for a minute after an answer without usage; then the next call shows whether it comes again. */
  lacksUsage(label: CallLabel, nowMs: number): boolean {
    if (this.#withoutUsage.size === 0) return false;
    const sinceMs = this.#withoutUsage.get(modelKey(label));
    return sinceMs !== undefined && nowMs - sinceMs < NO_USAGE_MS;
  }
}

function agentKey(label: CallLabel): string {
  return `${label.agent ?? ""}\n${modelKey(label)}`;
}

function modelKey(label: CallLabel): string {
  return `${label.provider}/${label.model}`;
}
