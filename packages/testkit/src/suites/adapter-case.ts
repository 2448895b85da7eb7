import type { Wflo, WrapperOptions } from "@wflo/core";
import { AdapterDesk, CannotTry, type DeskOptions } from "./adapter-desk.ts";

/** What an adapter is made with for a case; all of `WrapperOptions` is to be passed on. */
export interface AdapterSetup extends WrapperOptions {
  readonly wflo: Wflo;
  readonly model: string;
  /** What the provider is given as the caller's key, in whatever header it wants it; cases look for where it leaks. */
  readonly apiKey: string;
  /** How many wrappers stand around one another: 0 is the framework without wflo. */
  readonly layers: number;
  /** How often the framework tries again by itself. */
  readonly maxRetries: number;
  /** The framework's own time-out for one attempt, in milliseconds; its usual one when left out. */
  readonly timeoutMs?: number;
  /** To be awaited by the framework's transport, such as a `fetch` of the user's, each time before it sends. */
  readonly onSend?: () => Promise<void>;
}

/** A function that the model may ask for. `parameters` is a JSON schema. */
export interface AdapterTool {
  readonly name: string;
  readonly description: string;
  readonly parameters: Readonly<Record<string, unknown>>;
}

/** How a call is made. */
export interface AdapterCallOptions {
  readonly signal?: AbortSignal;
  readonly maxOutputTokens?: number;
  readonly tools?: readonly AdapterTool[];
  /** A data URL of a picture that goes with the prompt. */
  readonly image?: string;
}

/** What not every framework has. */
export type AdapterAbility = "tools" | "image" | "timeoutMs" | "onSend";

/** A framework behind wflo, reduced to what every framework can do. */
export interface AdapterUnderTest {
  /** What the framework does not have, each with the reason that is printed for the cases that need it. */
  readonly cannot?: Readonly<Partial<Record<AdapterAbility, string>>>;
  /** One request; resolves with the text of the answer, and rejects with what a user of the framework catches. */
  text(prompt: string, options?: AdapterCallOptions): Promise<string>;
  /** One streamed request; `return()` of the iterator, as `break` calls it, is the framework's own. */
  stream?(prompt: string, options?: AdapterCallOptions): Promise<AsyncIterable<string>>;
}

/** Makes an adapter that talks to the simulator at `url`, whose paths begin with `/v1`. */
export type CreateAdapter = (
  url: string,
  setup: AdapterSetup,
) => AdapterUnderTest | Promise<AdapterUnderTest>;

/** One promise of an adapter. */
export interface AdapterCase {
  readonly title: string;
  /** Rejects when the promise is broken; resolves with a reason when it cannot be tried on this adapter. */
  run(create: CreateAdapter): Promise<string | undefined>;
}

/** A case that gets a desk with a wflo of its own, made with `options`, closed together with its simulators afterwards. */
export function adapterCase(
  title: string,
  play: (desk: AdapterDesk) => Promise<void>,
  options: DeskOptions = {},
): AdapterCase {
  return {
    title,
    async run(create) {
      const desk = new AdapterDesk(create, options);
      try {
        await play(desk);
        return undefined;
      } catch (error) {
        if (error instanceof CannotTry) return error.message;
        throw error;
      } finally {
        await desk.dispose();
      }
    },
  };
}
