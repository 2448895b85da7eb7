import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { settleMode } from "./settle-mode.ts";

const HOSTS = [
  "AWS_LAMBDA_FUNCTION_NAME",
  "VERCEL",
  "K_SERVICE",
  "FUNCTIONS_WORKER_RUNTIME",
  "NETLIFY",
] as const;

beforeEach(() => HOSTS.forEach((name) => vi.stubEnv(name, undefined)));
afterEach(() => {
  vi.unstubAllEnvs();
  vi.unstubAllGlobals();
});

test("on a host that is not known to freeze, settles leave in the background", () => {
  expect(settleMode(false)).toBe("background");
});

test.each(HOSTS)("a call waits for its charge where %s tells that the process may be frozen", (name) => {
  vi.stubEnv(name, "here");
  expect(settleMode(false)).toBe("await");
  expect(settleMode(true)).toBe("background");
});

test("a call waits for its charge in a Cloudflare Worker, which has process.env too", () => {
  vi.stubGlobal("navigator", { userAgent: "Cloudflare-Workers" });
  expect(settleMode(false)).toBe("await");
});

test("a call waits for its charge where there is no process", () => {
  vi.stubGlobal("process", undefined);
  expect(settleMode(false)).toBe("await");
});
