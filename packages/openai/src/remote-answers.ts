import type { BoundWrapper, Outcome } from "@wflo/core";
import { sameResponse, webStream } from "./attempt.ts";
import { providerOfUrl } from "./provider.ts";
import { remoteOf, type Remote } from "./remote.ts";
import { streamMeter } from "./stream-meter.ts";

/** Ids whose bill is in are not asked for again; so many are remembered. */
const CAPACITY = 1_000;

/** What the watch works with. */
export interface RemoteAnswersOptions {
  readonly provider: string | undefined;
  readonly bind: () => Promise<BoundWrapper>;
}

/** Looks at answers that were made in the background, and batches, when the caller asks how they are: their bills come then. */
export class RemoteAnswers {
  readonly #options: RemoteAnswersOptions;
  readonly #settled = new Set<string>();

  constructor(options: RemoteAnswersOptions) {
    this.#options = options;
  }

  /** Gives back the same answer. Its bill, if it has one, is in the ledger by then. Never rejects for want of the ledger. */
  async watch(method: string | undefined, url: string, response: Response): Promise<Response> {
    const remote = remoteOf(method, url);
    if (remote === undefined || !response.ok || response.body === null) return response;
    if (this.#settled.has(remote.id)) return response;
    const body = webStream(response.body);
    const type = response.headers.get("content-type") ?? "";
    if (type.includes("text/event-stream")) return sameResponse(response, this.#stream(remote, url, body));
    if (!type.includes("json")) return response;
    const text = await new Response(body as ReadableStream<Uint8Array<ArrayBuffer>>).text();
    await this.#settle(remote, url, remote.outcomeOf(parse(text)));
    return sameResponse(response, text);
  }

  #stream(remote: Remote, url: string, body: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
    const meter = streamMeter({ api: "responses", hideUsage: false });
    let isTold = false;
    const tell = async (complete: boolean) => {
      if (isTold) return;
      isTold = true;
      const outcome = meter.outcome(complete);
      if (outcome.kind === "answered" && outcome.usage !== undefined)
        await this.#settle(remote, url, outcome);
    };
    return body.pipeThrough(
      new TransformStream<Uint8Array, Uint8Array>({
        async transform(chunk, controller) {
          const passed = meter.read(chunk);
          if (meter.isOver?.()) await tell(true);
          for (const event of passed) controller.enqueue(event);
        },
        async flush(controller) {
          for (const event of meter.flush()) controller.enqueue(event);
          await tell(true);
        },
      }),
    );
  }

  async #settle({ id }: Remote, url: string, outcome: Outcome | undefined): Promise<void> {
    if (outcome === undefined) return;
    try {
      const { wflo } = await this.#options.bind();
      const provider = this.#options.provider ?? providerOfUrl(url);
      if (!(await wflo.settleRemote({ provider, remoteId: id }, outcome))) return;
    } catch {
      // Nobody accounts for it, or the ledger is away: asking how it is must work all the same, and it may be asked again.
      return;
    }
    const [oldest] = this.#settled;
    if (this.#settled.size >= CAPACITY && oldest !== undefined) this.#settled.delete(oldest);
    this.#settled.add(id);
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
