import { createWflo, decimalUsd, usd, type BudgetWindow, type LedgerLine, type Wflo } from "@wflo/core";
import {
  startSimulator,
  type Simulator,
  type SimulatorReply,
  type SimulatorRequest,
} from "../simulator/index.ts";
import type { AdapterSetup, AdapterUnderTest, CreateAdapter } from "./adapter-case.ts";

type Reply = SimulatorReply | readonly SimulatorReply[] | ((request: SimulatorRequest) => SimulatorReply);
type Stream = NonNullable<AdapterUnderTest["stream"]>;

/** List prices of the model under test, in pico-dollars a token; the catalogue has to agree. */
const PICO_USD = { input: 100_000n, cached: 25_000n, output: 400_000n };

/** Short words for what the cases do over and over. One simulator and one budget, `user`. */
export class AdapterDesk {
  static readonly model = "gpt-4.1-nano";

  readonly wflo: Wflo;
  private readonly create: CreateAdapter;
  private readonly simulators: Simulator[] = [];

  constructor(create: CreateAdapter) {
    this.create = create;
    this.wflo = createWflo({ logger: false, waitMs: 2_000, drainMs: 5_000, settle: "background" });
  }

  /** The simulator started last. */
  get simulator(): Simulator {
    const simulator = this.simulators.at(-1);
    if (!simulator) throw new Error("no simulator was started");
    return simulator;
  }

  /** Starts a simulator; of a list, each request gets the next reply, and the last one stays. */
  async answers(reply: Reply): Promise<void> {
    const replies =
      typeof reply === "function" ? reply : (request: SimulatorRequest) => nth(reply, request.index);
    this.simulators.push(await startSimulator({ reply: replies }));
  }

  async budget(total: string, id = "user"): Promise<void> {
    await this.wflo.budgets.set({ id, caps: { total } });
  }

  /** An adapter under the budget `user`, unless told otherwise. */
  async adapter(setup: Partial<AdapterSetup> = {}): Promise<AdapterUnderTest> {
    const { wflo } = this;
    const usual = { wflo, model: AdapterDesk.model, layers: 1, maxRetries: 0, budgets: ["user"] };
    return this.create(this.simulator.url, { ...usual, ...setup });
  }

  /** The `stream` of an adapter; an adapter without one has to skip the case. */
  async streaming(setup?: Partial<AdapterSetup>): Promise<Stream> {
    const adapter = await this.adapter(setup);
    if (!adapter.stream) throw new Error("this adapter has no stream: skip this test with a reason");
    return adapter.stream.bind(adapter);
  }

  async window(id = "user"): Promise<BudgetWindow> {
    await this.wflo.flush();
    const window = (await this.wflo.budgets.get(id))?.windows[0];
    if (!window) throw new Error(`the budget ${id} shows no window`);
    return window;
  }

  /** The ledger once `count` lines are in it. */
  async lines(count: number): Promise<readonly LedgerLine[]> {
    await until(async () => (await this.wflo.calls.list()).length >= count);
    return this.wflo.calls.list();
  }

  /** What the simulator's own count costs, as a decimal string. */
  billed(): string {
    const { inputTokens, cachedTokens, outputTokens, calls } = this.simulator.billed();
    if (calls > 1) throw new Error("several bills are rounded one by one: sum them");
    return decimalUsd(priceOf({ inputTokens, cachedTokens, outputTokens }));
  }

  /** What all bills in the simulator's journal come to, each rounded up by itself. */
  billedInAll(): string {
    const bills = this.simulator.journal.map(({ served }) => (served ? priceOf(served) : 0n));
    return decimalUsd(bills.reduce((sum, bill) => sum + bill, 0n));
  }

  /** Waits until the simulator has nothing more to send. */
  async quiet(): Promise<void> {
    await until(async () => this.simulator.journal.every(({ done }) => done));
  }

  async dispose(): Promise<void> {
    await Promise.all(this.simulators.map((simulator) => simulator.close()));
    await this.wflo.close();
  }
}

/** Everything a stream gives, joined. */
export async function readAll(stream: AsyncIterable<string>): Promise<string> {
  let text = "";
  for await (const piece of stream) text += piece;
  return text;
}

/** Reads the first piece and breaks off. */
export async function readOne(stream: AsyncIterable<string>): Promise<void> {
  for await (const piece of stream) if (piece !== "") break;
}

/** What a promise rejects with; throws when it resolves. */
export async function failureOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => Promise.reject(new Error("it should have failed")),
    (error: unknown) => error,
  );
}

/** A sum of decimal strings, `times` over. */
export function sumUsd(...amounts: readonly string[]): string {
  return decimalUsd(amounts.reduce((sum, amount) => sum + usd(amount).nanoUsd, 0n));
}

/** Asks again and again for up to three seconds. */
async function until(condition: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 3_000;
  while (!(await condition()) && performance.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

function nth(reply: SimulatorReply | readonly SimulatorReply[], index: number): SimulatorReply {
  if (!isList(reply)) return reply;
  return reply[Math.min(index, reply.length - 1)] ?? {};
}

function isList(reply: SimulatorReply | readonly SimulatorReply[]): reply is readonly SimulatorReply[] {
  return Array.isArray(reply);
}

function priceOf(served: { inputTokens: number; cachedTokens: number; outputTokens: number }): bigint {
  const picoUsd =
    BigInt(served.inputTokens - served.cachedTokens) * PICO_USD.input +
    BigInt(served.cachedTokens) * PICO_USD.cached +
    BigInt(served.outputTokens) * PICO_USD.output;
  return (picoUsd + 999n) / 1_000n;
}
