import type { StreamAnswer, StreamMeter } from "@wflo/core";
import type { RunManager } from "./chat-model.ts";
import type { ToldByStream } from "./told-by-stream.ts";

/** What goes through the door of a stream: a piece of the answer, or something LangChain's listeners are to be told. */
export type Piece<Item> =
  | { readonly item: Item }
  | { readonly tell: (runManager: RunManager) => Promise<unknown> };

/** How the pieces of a stream are read, and how one that is cut ends in LangChain's own words. */
export interface PieceReader<Item> {
  readonly note: (told: ToldByStream, item: Item) => void;
  readonly ending: () => readonly Item[] | undefined;
  /** What the consumer gets of it. */
  readonly passed: (item: Item) => Item;
}

/**
 * Stands in for the run manager while an answer is read ahead: what LangChain's listeners are to be told of a piece waits in line
 * with the pieces, so that they hear of what their reader got and of nothing else.
 */
export class ToldLater<Item> {
  readonly runManager: RunManager | undefined;
  #waiting: Piece<Item>[] = [];

  constructor(runManager: RunManager | undefined) {
    this.runManager = runManager && this.#standIn(runManager);
  }

  /** What is to be told by now. */
  take(): readonly Piece<Item>[] {
    const taken = this.#waiting;
    this.#waiting = [];
    return taken;
  }

  #standIn(runManager: RunManager): RunManager {
    const standIn = Object.create(runManager) as RunManager;
    standIn.handleLLMNewToken = async (...told) => {
      this.#waiting.push({ tell: (real) => real.handleLLMNewToken(...told) });
    };
    return standIn;
  }
}

/** An answer that streams, as the door takes it: once the provider has begun to answer, or the first piece is there. */
export async function streamAnswer<Item>(
  source: AsyncGenerator<Item>,
  {
    later,
    told,
    meter,
  }: {
    readonly later: ToldLater<Item>;
    readonly told: ToldByStream;
    readonly meter: StreamMeter<Piece<Item>>;
  },
): Promise<StreamAnswer<Piece<Item>, ReadableStream<Piece<Item>>>> {
  // A model sends its request when its first piece is asked for.
  let first: Promise<IteratorResult<Item>> | undefined = source.next();
  await Promise.race([first, told.native.opened]);
  const chunks = new ReadableStream<Piece<Item>>(
    {
      async pull(controller) {
        const next = await (first ?? source.next()).catch((error: unknown) => {
          told.failed(error);
          throw error;
        });
        first = undefined;
        for (const piece of later.take()) controller.enqueue(piece);
        if (next.done === true) controller.close();
        else controller.enqueue({ item: next.value });
      },
      async cancel() {
        // It may be waiting for the wire, which is cut by its own signal.
        void source.return(undefined).catch(() => {});
      },
    },
    { highWaterMark: 0 },
  );
  return { chunks, meter, value: (pieces) => pieces };
}

/** Reads what pieces tell of money. `showsAll`: everything that is billed as output is shown. */
export function pieceMeter<Item>(
  told: ToldByStream,
  { note, ending, passed }: PieceReader<Item>,
  { showsAll, truncates }: { readonly showsAll: boolean; readonly truncates: boolean },
): StreamMeter<Piece<Item>> {
  const meter: StreamMeter<Piece<Item>> = {
    read(piece) {
      if (!("item" in piece)) return [piece];
      note(told, piece.item);
      return [{ item: passed(piece.item) }];
    },
    isOver: () => told.isOver,
    flush: () => [],
    outcome: (complete) => told.outcome(complete),
  };
  if (showsAll) meter.output = () => told.output;
  if (truncates) meter.truncate = () => ending()?.map((item) => ({ item }));
  return meter;
}
