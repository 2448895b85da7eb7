import {
  createWflo,
  decimalUsd,
  type BudgetWindow,
  type LedgerLine,
  type Wflo,
  type WfloOptions,
} from "@wflo/core";
import {
  startSimulator,
  type Simulator,
  type SimulatorReply,
  type SimulatorRequest,
} from "../simulator/index.ts";
import { type FakeClock, fakeClock } from "../fakes/fake-clock.ts";
import type { AdapterAbility, AdapterSetup, AdapterUnderTest, CreateAdapter } from "./adapter-case.ts";

type Reply = SimulatorReply | readonly SimulatorReply[] | ((request: SimulatorRequest) => SimulatorReply);
type Stream = NonNullable<AdapterUnderTest["stream"]>;

/**
 * Prices in pico-dollars a token: of the model under test, of a dearer one, and of one that thinks, at its list price and at that
 * of another service tier; the catalogue has to agree.
 */
const PICO_USD = {
  "gpt-4.1-nano": { input: 100_000n, cached: 25_000n, output: 400_000n },
  "gpt-4.1-mini": { input: 400_000n, cached: 100_000n, output: 1_600_000n },
  "gpt-5-nano": { input: 50_000n, cached: 5_000n, output: 400_000n },
  "gpt-5-nano, flex": { input: 25_000n, cached: 2_500n, output: 200_000n },
};

/** What the cases know the price of. */
export type PricedModel = keyof typeof PICO_USD;

/** How the wflo of a desk differs from the usual one. */
export interface DeskOptions extends Omit<WfloOptions, "clock"> {
  /** Its clock moves only when the case says so. */
  readonly stopsTime?: boolean;
}

/** Thrown where an adapter says that it lacks what a case needs; the message is its reason. */
export class CannotTry extends Error {}

/** Short words for what the cases do over and over. One simulator and one budget, `user`. */
export class AdapterDesk {
  static readonly model = "gpt-4.1-nano";
  /** It thinks before it answers, and shows nothing of that. */
  static readonly thinker = "gpt-5-nano";
  static readonly apiKey = "sk-the-key-of-the-caller";

  readonly wflo: Wflo;
  /** What wflo has logged, as it was given to the logger. */
  readonly logged: unknown[] = [];
  private readonly clock: FakeClock | undefined;
  private readonly create: CreateAdapter;
  private readonly simulators: Simulator[] = [];

  constructor(create: CreateAdapter, { stopsTime = false, ...options }: DeskOptions = {}) {
    this.create = create;
    this.clock = stopsTime ? fakeClock() : undefined;
    const log = (...said: readonly unknown[]) => void this.logged.push(said);
    const logger = { debug: log, info: log, warn: log, error: log };
    const usual = { logger, waitMs: 2_000, drainMs: 5_000, settle: "background" } as const;
    this.wflo = createWflo({ ...usual, ...options, clock: this.clock });
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
    const { model, apiKey } = AdapterDesk;
    const usual = { wflo, model, apiKey, layers: 1, maxRetries: 0, budgets: ["user"] };
    return this.create(this.simulator.url, { ...usual, ...setup });
  }

  /** The same where a case needs what not every framework has. */
  async adapterWith(ability: AdapterAbility, setup: Partial<AdapterSetup> = {}): Promise<AdapterUnderTest> {
    const adapter = await this.adapter(setup);
    const reason = adapter.cannot?.[ability];
    if (reason !== undefined) throw new CannotTry(reason);
    return adapter;
  }

  /** The `stream` of an adapter; an adapter without one has to skip the case. */
  async streaming(setup?: Partial<AdapterSetup>, ability?: AdapterAbility): Promise<Stream> {
    const adapter = await (ability === undefined ? this.adapter(setup) : this.adapterWith(ability, setup));
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

  /** The same where time stands still: it is moved on by `stepMs` again and again. */
  async linesInTime(count: number, stepMs: number): Promise<readonly LedgerLine[]> {
    await until(async () => {
      this.clock?.advance(stepMs);
      // What has fallen due gets a turn before time goes on.
      await new Promise((resolve) => setTimeout(resolve, 20));
      return (await this.wflo.calls.list()).length >= count;
    });
    return this.wflo.calls.list();
  }

  /** Aborts as soon as a request has come in: a time would be too short on a busy machine. */
  abortOnceSent(): AbortSignal {
    const aborting = new AbortController();
    void until(async () => this.simulator.requests.length > 0).then(() => aborting.abort());
    return aborting.signal;
  }

  /** What the simulator's own count costs, as a decimal string. */
  billed(model: PricedModel = AdapterDesk.model): string {
    const { inputTokens, cachedTokens, outputTokens, calls } = this.simulator.billed();
    if (calls > 1) throw new Error("several bills are rounded one by one: sum them");
    return decimalUsd(priceOf({ inputTokens, cachedTokens, outputTokens }, model));
  }

  /** What all bills in the simulator's journal come to, each rounded up by itself, at the prices of a model. */
  billedInAll(model: PricedModel = AdapterDesk.model): string {
    const bills = this.simulator.journal.map(({ served }) => (served ? priceOf(served, model) : 0n));
    return decimalUsd(bills.reduce((sum, bill) => sum + bill, 0n));
  }

  /** Waits for up to three seconds until something is so. */
  async waits(condition: () => boolean): Promise<void> {
    await until(async () => condition());
  }

  /** Waits until the simulator has made so many output tokens. */
  async made(outputTokens: number): Promise<void> {
    await until(async () => this.simulator.billed().outputTokens >= outputTokens);
  }

  /** Waits until the simulator has nothing more to send. */
  async quiet(): Promise<void> {
    await until(async () => this.simulator.journal.every(({ done }) => done));
  }

  async dispose(): Promise<void> {
    await Promise.all(this.simulators.map((simulator) => simulator.close()));
    let isClosed = false;
    const closing = this.wflo.close().finally(() => (isClosed = true));
    // A clock that stands still would keep it from closing.
    if (this.clock) await until(async () => (this.clock?.advance(100), isClosed));
    await closing;
  }
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

function priceOf(
  served: { inputTokens: number; cachedTokens: number; outputTokens: number },
  model: PricedModel,
): bigint {
  const { input, cached, output } = PICO_USD[model];
  const picoUsd =
    BigInt(served.inputTokens - served.cachedTokens) * input +
    BigInt(served.cachedTokens) * cached +
    BigInt(served.outputTokens) * output;
  return (picoUsd + 999n) / 1_000n;
}
