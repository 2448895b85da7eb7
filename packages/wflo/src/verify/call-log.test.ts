import { appendFileSync, closeSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { openCallLog, readCallLog } from "./call-log.ts";

function logFile(): string {
  const folder = mkdtempSync(join(tmpdir(), "wflo-test-verify-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return join(folder, "log");
}

test("a line is there when it was noted, and one whose process died meanwhile is not", () => {
  const file = logFile();
  expect(readCallLog(file)).toEqual([]);
  const log = openCallLog(file);
  log.note({ what: "answered" });
  appendFileSync(file, '{"what":"bu');
  expect(readCallLog(file)).toEqual([{ what: "answered" }]);
  log.close();
});

test("a log that is closed twice closes no file of another", () => {
  const file = logFile();
  const log = openCallLog(file);
  log.close();
  const other = openSync(`${file}-other`, "w");
  log.close();
  expect(writeSync(other, "still open")).toBe(10);
  closeSync(other);
});
