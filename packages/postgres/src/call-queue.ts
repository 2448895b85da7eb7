import { compareTexts } from "./compare-texts.ts";
import type { Cell, Statement } from "./driver.ts";

/** A call of a function of the schema that answers with JSON. */
export interface FunctionCall {
  readonly name: string;
  readonly args: readonly unknown[];
  /** What it locks: calls that go together do so in this order, as everybody must. */
  readonly lock: readonly string[];
}

/** Statements that are under way at once while none of them is slow. */
const MAX_UNDER_WAY = 4;
/** A statement that takes longer waits for somebody, and others are not to wait with it. Milliseconds. */
const SLOW_MS = 50;
/** What goes in one statement. */
const MAX_CALLS = 16;
const MAX_CHARACTERS = 1_000_000;

interface Waiting extends FunctionCall {
  readonly characters: number;
  readonly settled: PromiseWithResolvers<unknown>;
}

/**
 * Calls that leave at once while few are under way; those that come meanwhile leave together, in one statement and with one commit. The
 * commit is what small writes mostly take.
 */
export class CallQueue {
  readonly #send: (statement: Statement) => Promise<readonly (readonly Cell[])[]>;
  readonly #waiting: Waiting[] = [];
  #underWay = 0;

  constructor(send: (statement: Statement) => Promise<readonly (readonly Cell[])[]>) {
    this.#send = send;
  }

  /** Rejects with what the statement of this call alone was refused with. */
  call(call: FunctionCall): Promise<unknown> {
    const settled = Promise.withResolvers<unknown>();
    this.#waiting.push({ ...call, characters: charactersOf(call.args), settled });
    this.#pump();
    return settled.promise;
  }

  #pump(): void {
    while (this.#underWay < MAX_UNDER_WAY && this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, fitting(this.#waiting));
      let isUnderWay = true;
      const release = (): void => {
        if (isUnderWay) this.#underWay -= 1;
        isUnderWay = false;
        this.#pump();
      };
      this.#underWay += 1;
      const slow = setTimeout(release, SLOW_MS);
      void this.#settle(batch).finally(() => {
        clearTimeout(slow);
        release();
      });
    }
  }

  async #settle(batch: readonly Waiting[]): Promise<void> {
    const ordered = batch.toSorted((a, b) => compareLocks(a.lock, b.lock));
    try {
      const rows = await this.#send(statementOf(ordered));
      for (const [at, { settled }] of ordered.entries()) settled.resolve(jsonOf(rows[at]));
    } catch (error) {
      if (ordered.length === 1) ordered[0]?.settled.reject(error);
      // One of them may have failed for all: each is told what becomes of it alone.
      else await Promise.all(ordered.map((one) => this.#settle([one])));
    }
  }
}

/** How many of those that wait go in the next statement; at least one. */
function fitting(waiting: readonly Waiting[]): number {
  let characters = 0;
  const end = waiting.findIndex((one, at) => {
    characters += one.characters;
    return at === MAX_CALLS || (at > 0 && characters > MAX_CHARACTERS);
  });
  return end === -1 ? waiting.length : end;
}

/** One statement whose rows are the answers, in order. */
function statementOf(calls: readonly FunctionCall[]): Statement {
  let place = 0;
  const called = calls.map(({ name, args }) => `wflo.${name}(${args.map(() => `$${++place}`).join(", ")})`);
  const [only] = calls.length === 1 ? calls : [];
  return {
    text: only ? `select ${called[0]}` : `values ${called.map((call) => `(${call})`).join(", ")}`,
    params: calls.flatMap(({ args }) => args),
    name: only && `wflo_${only.name}`,
  };
}

function jsonOf(row: readonly Cell[] | undefined): unknown {
  const cell = row?.[0];
  return typeof cell === "string" ? JSON.parse(cell) : undefined;
}

function charactersOf(args: readonly unknown[]): number {
  let characters = 0;
  for (const arg of args) {
    if (typeof arg === "string") characters += arg.length;
    else if (Array.isArray(arg)) characters += charactersOf(arg);
  }
  return characters;
}

function compareLocks(a: readonly string[], b: readonly string[]): number {
  for (const [at, text] of a.entries()) {
    const order = compareTexts(text, b[at] ?? "");
    if (order !== 0) return order;
  }
  return 0;
}
