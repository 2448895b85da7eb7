import { HumanMessage } from "@langchain/core/messages";
import { prose } from "./prose.ts";

/** How the value of a channel follows from the one before, step by step; `undefined` is before the first step. */
export type ChannelWorkload = (step: number, before: unknown) => unknown;

const WINDOW = 20;
const CHARACTERS = 1_000;

const list = (before: unknown): unknown[] => (before ?? []) as unknown[];

function message(step: number): HumanMessage {
  return new HumanMessage({ id: `${step}`, content: prose(CHARACTERS, step) });
}

function rotated(items: readonly unknown[]): unknown[] {
  return [...items.slice(1), ...items.slice(0, 1)];
}

/** What states of agents do; the last two are the hard ones. */
export const CHANNEL_WORKLOADS: Readonly<Record<string, ChannelWorkload>> = {
  append: (step, before) => [...list(before), message(step)],
  "head edit": (step, before) => [
    new HumanMessage({ id: "head", content: `It is ${step}. ${prose(200, -step)}` }),
    ...list(before).slice(1),
    message(step),
  ],
  "sliding window": (step, before) => [...list(before), message(step)].slice(-WINDOW),
  "map that gains a key": (step, before) => ({
    ...(before as Record<string, string> | undefined),
    [`key ${step}`]: prose(CHARACTERS, step),
  }),
  "middle item removed": (step, before) => {
    const grown = [...list(before), message(step), message(step + 0.5)];
    return grown.toSpliced(grown.length >> 1, 1);
  },
  "rotated and grown": (step, before) => [...rotated(list(before)), message(step)],
};
