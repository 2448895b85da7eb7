import { createWflo, memoryDatabase } from "@wflo/core";
import { expect, test } from "vitest";

const unreadable = Object.defineProperty(new Error("x"), "message", {
  get() {
    throw new TypeError("unreadable");
  },
});

test.each([
  ["an object without a text", { message: Object.create(null) as unknown, retry: () => {} }],
  ["an error whose message cannot be read", unreadable],
])("a run that throws %s is failed, and its caller gets just that", async (_, thrown) => {
  const wflo = createWflo({ database: memoryDatabase(), logger: false });
  const fails = wflo.run({}, () => {
    throw thrown;
  });
  const caught = await fails.then(
    () => "nothing was thrown",
    (error: unknown) => [error],
  );
  expect(Object.is((caught as unknown[])[0], thrown)).toBe(true);
  expect((await wflo.runs.list())[0]?.status).toBe("failed");
});

test("an error that cannot be saved whole is shown by its name, message and code, as an Error", async () => {
  const wflo = createWflo({ database: memoryDatabase(), logger: false });
  const thrown = Object.assign(new RangeError("too far"), { code: "E_FAR", retry: { now: () => {} } });
  await expect(
    wflo.run({}, () => {
      throw thrown;
    }),
  ).rejects.toBe(thrown);
  const [run] = await wflo.runs.list();
  expect(run?.error).toBeInstanceOf(Error);
  expect(run?.error).toMatchObject({ name: "RangeError", message: "too far", code: "E_FAR" });
});

test.each([
  ["a text", "boom", "boom"],
  ["undefined", undefined, "undefined"],
  ["null", null, "null"],
  ["an object with a message", { message: "too far", code: 7 }, "too far"],
])("the error of a run that threw %s is an Error that shows it", async (_, thrown, message) => {
  const wflo = createWflo({ database: memoryDatabase(), logger: false });
  await wflo.run({}, () => Promise.reject(thrown as unknown as Error)).catch(() => {});
  const [run] = await wflo.runs.list();
  expect(run?.error).toBeInstanceOf(Error);
  expect(run?.error?.message).toBe(message);
  expect(run?.error?.cause).toEqual(thrown);
});
