import { createWflo, type GuardRequest, type Wflo } from "@wflo/core";
import { median } from "./percentile.ts";
import { turn } from "./turn.ts";

const ROUNDS = 301;
/** For requests of megabytes. */
const FEW_ROUNDS = 41;
const LARGE = 200_000;
const BYTES = 56_000;

const SENTENCE = "The quick brown fox jumps over the lazy dog; 0123456789. ";

interface Size {
  readonly name: string;
  readonly parts: readonly string[];
  /** An answer had all of it but a word more. */
  readonly isKnown?: boolean;
}

const SIZES: readonly Size[] = [
  { name: "one text of 4 KB", parts: [SENTENCE.repeat(72)] },
  ...[
    ["ASCII", SENTENCE],
    [
      "German",
      "Wie lange wartet ein Aufruf auf Geld, das ein anderer noch festhält, und wer entscheidet darüber? ",
    ],
    ["Russian", "Сколько времени вызов ждёт денег, которые удерживает другой вызов? "],
    ["Chinese", "一个调用会等待另一个调用持有的资金多长时间，谁来决定？"],
    ["emoji", "🙂🚀🧪👩🏿‍🚒 "],
  ].flatMap(([name, text = ""]): Size[] => {
    const parts = [text.repeat(Math.ceil(BYTES / new TextEncoder().encode(text).length))];
    return [
      { name: `56 KB, ${name}`, parts },
      { name: `56 KB, ${name}, that goes on`, parts, isKnown: true },
    ];
  }),
  {
    name: "40 messages of 600 bytes",
    parts: Array.from({ length: 40 }, (_, at) => `${at}${SENTENCE.repeat(10)}`),
  },
  {
    name: "10,000 messages of 60 bytes",
    parts: Array.from({ length: 10_000 }, (_, at) => `${at}${SENTENCE}`),
  },
  { name: "one text of 5 MB", parts: [SENTENCE.repeat(88_000)] },
];

/** What an estimate takes, in microseconds: a call with one beside the same call with `hold`, in turn. Attempts are nothing. */
export async function timeEstimates(): Promise<readonly (readonly [string, string, string])[]> {
  const rows: (readonly [string, string, string])[] = [];
  for (const { name, parts, isKnown = false } of SIZES) {
    const wflo = createWflo({ logger: false });
    const request = { provider: "openai", model: "gpt-4.1", parts };
    if (isKnown) await answered(wflo, request);
    const timed = isKnown ? { ...request, parts: [...parts, "more"] } : request;
    const [held, estimated]: [number[], number[]] = [[], []];
    const size = parts.reduce((sum, { length }) => sum + length, 0);
    for (let round = 0; round < (size > LARGE ? FEW_ROUNDS : ROUNDS); round += 1) {
      held.push(await timeCall(wflo, { ...timed, hold: "0.01" }));
      estimated.push(await timeCall(wflo, { ...timed }));
    }
    await wflo.close();
    const least = Math.min(...estimated) - Math.min(...held);
    rows.push([name, (median(estimated) - median(held)).toFixed(0), least.toFixed(0)]);
  }
  return rows;
}

async function answered(wflo: Wflo, request: GuardRequest): Promise<void> {
  const usage = { inputTokens: 12_000, outputTokens: 10 };
  await wflo.guardCall(request, async () => ({ value: 0, usage }));
}

/** Microseconds of one call that nothing is learned from. */
async function timeCall(wflo: Wflo, request: GuardRequest): Promise<number> {
  const started = performance.now();
  await wflo.guardCall(request, async () => ({ value: 0, outcome: { kind: "rejected", reason: "timed" } }));
  const tookMs = performance.now() - started;
  await turn();
  return tookMs * 1_000;
}
