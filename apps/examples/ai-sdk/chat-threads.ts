import type { AnswerCost } from "@wflo/ai-sdk";
import type { Wflo } from "@wflo/core";
import type { UIMessage } from "ai";

/** A message as the page shows it; answers tell their cost. */
export type ChatMessage = UIMessage<AnswerCost>;

/** Keeps each chat in a thread of wflo's checkpoints, where every save stores only what was added. */
export class ChatThreads {
  readonly #wflo: Wflo;
  /** The last change of each thread under way: two tabs on one chat lose nothing of each other in this process. */
  readonly #last = new Map<string, Promise<unknown>>();

  constructor(wflo: Wflo) {
    this.#wflo = wflo;
  }

  async load(thread: string): Promise<readonly ChatMessage[]> {
    return (await this.#wflo.checkpoints.load<readonly ChatMessage[]>(thread))?.state ?? [];
  }

  /** Adds a question and gives the chat up to it. One that is there already is asked again: what came after it goes. */
  ask(thread: string, question: ChatMessage): Promise<readonly ChatMessage[]> {
    return this.#change(thread, (messages) => {
      const at = messages.findIndex(({ id }) => id === question.id);
      return [...(at === -1 ? messages : messages.slice(0, at)), question];
    });
  }

  /** Adds an answer, also one that broke off, if anything came of it. */
  async answer(thread: string, answer: ChatMessage): Promise<void> {
    if (answer.parts.every(({ type }) => type === "step-start")) return;
    await this.#change(thread, (messages) => [...messages, answer]);
  }

  async #change(
    thread: string,
    change: (messages: readonly ChatMessage[]) => readonly ChatMessage[],
  ): Promise<readonly ChatMessage[]> {
    const before = this.#last.get(thread);
    const changed = (async () => {
      await before?.catch(() => {});
      const messages = change(await this.load(thread));
      await this.#wflo.checkpoints.save(thread, messages);
      return messages;
    })();
    this.#last.set(thread, changed);
    try {
      return await changed;
    } finally {
      if (this.#last.get(thread) === changed) this.#last.delete(thread);
    }
  }
}
