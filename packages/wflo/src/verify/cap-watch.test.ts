import { expect, test } from "vitest";
import type { WindowLook } from "./books.ts";
import { CapWatch } from "./cap-watch.ts";

function look(amounts: Partial<WindowLook>): readonly WindowLook[] {
  return [
    {
      budgetId: "b",
      window: "total",
      cap: 100n,
      spent: 0n,
      reserved: 0n,
      overruns: 0n,
      corrections: 0n,
      ...amounts,
    },
  ];
}

/** What is found when these looks come one after the other, with caps set in between. */
function judged(...looks: readonly (readonly WindowLook[] | bigint)[]): {
  readonly broken: number;
  readonly named: number;
} {
  const watch = new CapWatch();
  for (const each of looks)
    if (typeof each === "bigint") watch.capSet("b", each);
    else watch.judge(each);
  const { broken, named } = watch.findings;
  return { broken: broken.length, named };
}

const CASES = [
  { title: "all within the cap", looks: [look({ spent: 60n, reserved: 40n })], broken: 0, named: 0 },
  {
    title: "a nano-dollar over the cap",
    looks: [look({}), look({ spent: 60n, reserved: 41n })],
    broken: 1,
    named: 0,
  },
  { title: "more at the first look", looks: [look({ reserved: 101n })], broken: 1, named: 0 },
  {
    title: "an overrun",
    looks: [look({ spent: 100n }), look({ spent: 103n, overruns: 3n })],
    broken: 0,
    named: 1,
  },
  {
    title: "more than its overrun",
    looks: [look({ spent: 100n }), look({ spent: 104n, overruns: 3n })],
    broken: 1,
    named: 0,
  },
  {
    title: "a correction by hand",
    looks: [look({ spent: 100n }), look({ spent: 130n, corrections: 30n })],
    broken: 0,
    named: 1,
  },
  {
    title: "an overrun of before, over the same cap",
    looks: [look({ spent: 100n, overruns: 3n }), look({ spent: 103n, overruns: 3n })],
    broken: 1,
    named: 0,
  },
  {
    title: "a cap that was lowered under what was spent",
    looks: [look({ spent: 100n }), look({ cap: 50n, spent: 100n })],
    broken: 0,
    named: 1,
  },
  {
    title: "a reserve under a cap that was lowered",
    looks: [
      look({ spent: 60n }),
      look({ cap: 50n, spent: 60n }),
      look({ cap: 50n, spent: 60n, reserved: 1n }),
    ],
    broken: 1,
    named: 1,
  },
  {
    title: "a cap that was high for a moment between two looks",
    looks: [look({}), 200n, 50n, look({ cap: 50n, reserved: 150n })],
    broken: 0,
    named: 1,
  },
  {
    title: "a first reserve under a cap that was lowered before anybody looked",
    looks: [150n, [], 50n, look({ cap: 50n, reserved: 150n })],
    broken: 0,
    named: 1,
  },
  {
    title: "a first reserve over a cap of before",
    looks: [150n, [], 50n, [], look({ cap: 50n, reserved: 51n })],
    broken: 1,
    named: 0,
  },
  {
    title: "more than the highest cap between two looks",
    looks: [look({}), 200n, 50n, look({ cap: 50n, reserved: 201n })],
    broken: 1,
    named: 0,
  },
];

test.each(CASES)("$title: $broken broken, $named by name", ({ looks, broken, named }) => {
  expect(judged(...looks)).toEqual({ broken, named });
});
