import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { createWflo, type Database } from "@wflo/core";
import { postgres } from "../../src/postgres.ts";
import { heard, hearing, tell } from "./frozen-host-wire.ts";
import { ask, askStream, longFlow, type LongHooks } from "./frozen-host-work.ts";

// The process that a freezing host starts: one handler a path, each makes guarded calls and answers.
const [, , url = "", settle, hasWaitUntil] = process.argv;
hearing();

let openPromises = 0;
const waitUntil = (work: Promise<unknown>): void => {
  openPromises += 1;
  const over = () => {
    openPromises -= 1;
    if (openPromises === 0) tell("all promises settled");
  };
  work.then(over, over);
};
const wflo = createWflo({
  database: slowToSettle(postgres({ url })),
  logger: false,
  settle: settle === "await" || settle === "background" ? settle : undefined,
  waitUntil: hasWaitUntil === "true" ? waitUntil : undefined,
});
const streamHooks = { beforeLast: () => heard("last chunk"), onCut: () => tell("cut") };

const handlers: Record<string, (response: ServerResponse) => Promise<unknown>> = {
  "/call": async (response) => answer(response, await ask(wflo)),
  "/run": async (response) =>
    answer(
      response,
      await wflo.run({ name: "run", budgets: ["user"] }, (run) => run.step("ask", () => ask(wflo))),
    ),
  /** Answers before the run is over. */
  "/within": async (response) => {
    const work = wflo.run({ name: "within", budgets: ["user"] }, async () =>
      answer(response, await ask(wflo)),
    );
    if (hasWaitUntil === "true") waitUntil(work);
    await work;
  },
  "/stream": (response) => stream(response, askStream(wflo, streamHooks)),
  "/stream-of-run": (response) =>
    stream(
      response,
      wflo.run({ name: "stream", budgets: ["user"] }, () => askStream(wflo, streamHooks)),
    ),
  /** Answer in the middle of a run: between two calls, or during the second. */
  "/between-calls": (response) => runLong(response, "between"),
  "/during-call": (response) => runLong(response, "second"),
};

const server = createServer((request, response) => {
  response.setHeader("trailer", "open-promises");
  const handle = handlers[request.url ?? ""] ?? (async () => answer(response, "no such path"));
  handle(response).then(
    () => tell("returned"),
    (error: unknown) => tell(`failed ${String((error as { code?: unknown }).code ?? error)}`),
  );
});
server.listen(0, "127.0.0.1", () => tell(`port ${(server.address() as AddressInfo).port}`));

function runLong(response: ServerResponse, answersAt: string): Promise<unknown> {
  const at = async (place: string) => {
    if (place !== answersAt) return;
    answer(response, "accepted");
    await heard("go on");
  };
  const hooks: LongHooks = {
    between: () => at("between"),
    async during(step) {
      tell(`sent ${step}`);
      await at(step);
    },
  };
  return longFlow(wflo, hooks).run(undefined);
}

/** A database that takes settles only once the test says so. */
function slowToSettle(database: Database): Database {
  const ledger = Object.create(database.ledger) as Database["ledger"];
  ledger.settle = async (...args) => {
    await heard("settle");
    return database.ledger.settle(...args);
  };
  return Object.assign(Object.create(database) as Database, { ledger });
}

function answer(response: ServerResponse, text: string): void {
  response.write(text);
  response.addTrailers({ "open-promises": String(openPromises) });
  response.end();
}

async function stream(response: ServerResponse, opening: Promise<ReadableStream<string>>): Promise<void> {
  const reader = (await opening).getReader();
  let over: Promise<void> | undefined;
  response.on("close", () => {
    if (!response.writableFinished) over = reader.cancel();
  });
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    response.write(value);
  }
  if (over === undefined) answer(response, "");
  await over;
}
