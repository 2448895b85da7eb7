import type { Random } from "./random.ts";

/** A state that a run changes in place and saves after each of its steps. */
export interface GrowingState {
  readonly name: string;
  /** A new one; `turn` does what one step does to it. */
  start(random: Random): { readonly state: object; readonly turn: (step: number) => void };
}

const MESSAGE_CHARACTERS = 400;
const WINDOW = 50;
const LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 .";

/** Random letters: what a database compresses would flatter whoever writes everything again. */
function message(random: Random, step: number): { role: string; content: string } {
  let content = "";
  while (content.length < MESSAGE_CHARACTERS) content += LETTERS[random.between(0, LETTERS.length - 1)];
  return { role: step % 2 === 0 ? "user" : "assistant", content };
}

/** A state like that of an agent: what it talks about, its turn, and its messages. */
function conversation(messages: object[]): { subject: string; turn: number; messages: object[] } {
  return { subject: "bees", turn: 0, messages };
}

/** The states whose growth is measured. */
export const GROWING_STATES: readonly GrowingState[] = [
  {
    name: "list that grows",
    start(random) {
      const state = conversation([]);
      return {
        state,
        turn(step) {
          state.turn = step;
          state.messages.push(message(random, step));
        },
      };
    },
  },
  {
    name: "its first element edited each step",
    start(random) {
      const state = conversation([message(random, 0)]);
      return {
        state,
        turn(step) {
          state.turn = step;
          state.messages[0] = { ...message(random, 0), edited: step };
          state.messages.push(message(random, step));
        },
      };
    },
  },
  {
    name: "window of the last 50",
    start(random) {
      const state = conversation([]);
      return {
        state,
        turn(step) {
          state.turn = step;
          state.messages.push(message(random, step));
          if (state.messages.length > WINDOW) state.messages.shift();
        },
      };
    },
  },
  {
    name: "object that gains a key",
    start(random) {
      const state = { subject: "bees", notes: {} as Record<string, object> };
      return { state, turn: (step) => void (state.notes[`page ${step}`] = message(random, step)) };
    },
  },
  {
    name: "Map that gains a key",
    start(random) {
      const state = { subject: "bees", notes: new Map<number, object>() };
      return { state, turn: (step) => void state.notes.set(step, message(random, step)) };
    },
  },
];

/** The state in one text, as one who knows nothing of its parts would save it. */
export function stateText(state: object): string {
  return JSON.stringify(state, (_, value: unknown) => (value instanceof Map ? [...value] : value));
}
