import { providerOfUrl, type BoundWrapper, type Outcome } from "@wflo/core";
import { listedBatches, remoteOf, type Remote } from "./remote.ts";
import { sameResponse, webStream } from "./same-response.ts";
import { streamMeter } from "./stream-meter.ts";

/** Ids whose bill is in are not looked for again; so many are remembered. */
const CAPACITY = 1_000;
/** Ids that no call in doubt has are looked for again after this time: whoever polls should not cost a look each time. */
const ABSENT_MS = 30_000;
/** So many bills of one page of batches are brought in while its reader waits. */
const BILLS_A_PAGE = 20;

/** What the watch works with. */
export interface RemoteAnswersOptions {
  readonly provider: string | undefined;
  readonly bind: () => Promise<BoundWrapper>;
}

/** Looks at answers that were made in the background, and batches, when the caller asks how they are: their bills come then. */
export class RemoteAnswers {
  readonly #options: RemoteAnswersOptions;
  /** Until when an id is not looked for, in ms since the epoch. */
  readonly #looked = new Map<string, number>();

  constructor(options: RemoteAnswersOptions) {
    this.#options = options;
  }

  /** Gives back the same answer. Its bill, if it has one, is in the ledger by then. Never rejects for want of the ledger. */
  async watch(method: string | undefined, url: string, response: Response): Promise<Response> {
    const listed = listedBatches(method, url);
    const remote = remoteOf(method, url);
    if ((listed ?? remote) === undefined || !response.ok || response.body === null) return response;
    if (remote !== undefined && this.#isLooked(remote)) return response;
    const body = webStream(response.body);
    const type = response.headers.get("content-type") ?? "";
    if (remote !== undefined && type.includes("text/event-stream"))
      return sameResponse(response, this.#stream(remote, url, body));
    if (!type.includes("json")) return response;
    const text = await new Response(body as ReadableStream<Uint8Array<ArrayBuffer>>).text();
    const answer = parse(text);
    const found = remote === undefined ? (listed?.(answer) ?? []) : [remote];
    const unseen = found.filter((each) => !this.#isLooked(each) && each.outcomeOf(answer) !== undefined);
    for (const each of unseen.slice(0, BILLS_A_PAGE)) await this.#settle(each, url, each.outcomeOf(answer));
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
      const isFound = await wflo.settleRemote({ provider, remoteId: id }, outcome);
      this.#note(id, isFound ? Number.POSITIVE_INFINITY : Date.now() + ABSENT_MS);
    } catch {
      // Nobody accounts for it, or the ledger is away: asking how it is must work all the same, and it may be asked again.
    }
  }

  #isLooked({ id }: Remote): boolean {
    return (this.#looked.get(id) ?? 0) > Date.now();
  }

  #note(id: string, until: number): void {
    const [oldest] = this.#looked.keys();
    if (this.#looked.size >= CAPACITY && oldest !== undefined) this.#looked.delete(oldest);
    this.#looked.set(id, until);
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
