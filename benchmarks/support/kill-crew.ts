import { Child } from "./child.ts";
import type { KillMessage, KillOrder, KillTask } from "./kill-worker.ts";

const WORKER = "./kill-worker.ts";

/** How a process of the kill benchmark ended its work, if it did. */
export type KillEnd = Exclude<KillMessage, { readonly ready: true }>;

/** Processes that have started and wait for an order, so that two hundred deaths do not cost two hundred starts of Node. */
export class KillCrew {
  readonly #task: KillTask;
  readonly #waiting: Child<KillMessage>[];

  constructor(task: KillTask, spare: number) {
    this.#task = task;
    this.#waiting = Array.from({ length: spare }, () => this.#start(task));
  }

  /** One that is ready; another is started in its place. */
  async take(): Promise<Child<KillMessage>> {
    const child = this.#waiting.shift() ?? this.#start(this.#task);
    this.#waiting.push(this.#start(this.#task));
    await child.message((message) => "ready" in message);
    return child;
  }

  /** One that does as it is told as soon as it has started. */
  startCold(order: KillOrder): Child<KillMessage> {
    return this.#start({ ...this.#task, order });
  }

  #start(task: KillTask): Child<KillMessage> {
    return new Child<KillMessage>(WORKER, task);
  }
}

/** What a process told of its work so far. */
export function endOf(child: Child<KillMessage>): KillEnd | undefined {
  return child.messages.find((message): message is KillEnd => !("ready" in message));
}

/** Resolves when a process has told the end of its work, or is dead. */
export async function workOver(child: Child<KillMessage>): Promise<KillEnd | undefined> {
  await child.message((message) => !("ready" in message)).catch(() => {});
  return endOf(child);
}
