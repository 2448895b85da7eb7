import type { Wflo, WrapperOptions } from "@wflo/core";
import { AdapterDesk, type DeskOptions } from "./adapter-desk.ts";

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
}

/** How a call is made. */
export interface AdapterCallOptions {
  readonly signal?: AbortSignal;
  readonly maxOutputTokens?: number;
}

/** A framework behind wflo, reduced to what every framework can do. */
export interface AdapterUnderTest {
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

/** One promise of an adapter. `run` rejects when it is broken. */
export interface AdapterCase {
  readonly title: string;
  run(create: CreateAdapter): Promise<void>;
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
      } finally {
        await desk.dispose();
      }
    },
  };
}
