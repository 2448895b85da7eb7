import { once } from "node:events";
import { createWflo } from "@wflo/core";
import { pglite } from "@wflo/postgres/pglite";
import type OpenAI from "openai";
import { stateFolder } from "../core/settings.ts";
import { orSentence } from "../demo/or-sentence.ts";
import { serve } from "./node-server.ts";
import { chatHandler } from "./web-handler.ts";
import { withModel } from "./with-model.ts";

/** The handler behind a port of this machine, until it is interrupted. */
async function webServer(openai: OpenAI): Promise<void> {
  const wflo = createWflo({ database: pglite(stateFolder) });
  // What a user may spend in a month. A cap that is changed by hand, once they have come, stays.
  await wflo.budgets.setDefault({ match: "user/*", caps: { month: "0.25" }, timeZone: "UTC" });
  // A header that anybody may write: in its place belongs what you know your users by.
  const userOf = (request: Request) => request.headers.get("x-user") ?? undefined;
  const handler = chatHandler({ wflo, openai, userOf });
  const { url, close } = await serve(handler, Number(process.env["PORT"] ?? 8787));
  console.log(`Listening. Ask: curl -N ${url} -H 'x-user: ada' -d '{"question":"Who are you?"}'`);
  await Promise.race([once(process, "SIGINT"), once(process, "SIGTERM")]);
  await close();
  await wflo.close();
}

await orSentence(() => withModel(webServer));
