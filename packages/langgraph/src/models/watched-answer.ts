import { NativeAnswer, type Outcome } from "@wflo/core";
import type { OnceCaller } from "./own-retries.ts";
import { tellingUnparsed } from "./unparsed-answer.ts";

type Send = (...args: unknown[]) => unknown;
type Answered = Extract<Outcome, { kind: "answered" }>;

/** The methods by which models send a request: their answer is the provider's own, a body or a stream of events. */
const SENDING = ["completionWithRetry", "createStreamWithRetry"] as const;

/** Whether a model sends its requests itself, as those of LangChain's own packages do: others may answer by another model. */
export function sendsItself(model: object): boolean {
  return SENDING.some((name) => typeof Reflect.get(model, name) === "function");
}

/** What a provider itself has told of an answer, where the model lets that be seen. */
export class WatchedAnswer {
  readonly #opened = Promise.withResolvers<void>();
  readonly #native = new NativeAnswer();
  /** Requests whose answer has not come. */
  #unanswered = 0;

  /** Resolves when the provider has begun to answer, where the model lets that be seen. */
  get opened(): Promise<void> {
    return this.#opened.promise;
  }

  /** How often usage was told. */
  get counts(): number {
    return this.#native.counts;
  }

  /** Methods to put in place of a model's own, so that what they bring is seen; `caller` is told where they fail. */
  watching(model: object, caller: OnceCaller): Readonly<Record<string, unknown>> {
    const watched = SENDING.flatMap((name) => {
      const send: unknown = Reflect.get(model, name);
      return typeof send === "function" ? [[name, this.#watched(model, send as Send, caller)] as const] : [];
    });
    return Object.fromEntries(watched);
  }

  /** The usage in the provider's words; undefined where they are not known here. */
  outcome(): Omit<Answered, "itemIds"> | undefined {
    const told = this.#native.told();
    return told && { kind: "answered", ...told };
  }

  /** The same where the model failed: undefined unless every answer has come, and it was those that it could make nothing of. */
  outcomeOfFailed(): ReturnType<WatchedAnswer["outcome"]> {
    return this.#unanswered === 0 ? this.outcome() : undefined;
  }

  #watched(model: object, send: Send, caller: OnceCaller): Send {
    return async (...args: unknown[]): Promise<unknown> => {
      const note = (told: unknown) => this.#native.note(told);
      this.#unanswered += 1;
      const sender = tellingUnparsed(model, args[0], (body) => {
        this.#unanswered -= 1;
        note(body);
      });
      const answer: unknown = await caller.noting(async () => Reflect.apply(send, sender, args) as unknown);
      this.#unanswered -= 1;
      this.#opened.resolve();
      if (!isAsyncIterable(answer)) {
        note(answer);
        return answer;
      }
      const events = async function* () {
        for await (const event of answer) {
          note(event);
          yield event;
        }
      };
      return Object.defineProperty(Object.create(answer) as object, Symbol.asyncIterator, { value: events });
    };
  }
}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === "object" && value !== null && Symbol.asyncIterator in value;
}
