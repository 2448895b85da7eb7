import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { createWflo, usd, type Wflo } from "@wflo/core";
import { pglite } from "@wflo/postgres/pglite";
import type { LanguageModel } from "ai";
import { stateFolder } from "../core/settings.ts";
import { orSentence } from "../demo/or-sentence.ts";
import { serve, type Handler } from "../openai/node-server.ts";
import { chatHandler } from "./chat-handler.ts";
import { scriptedChat } from "./scripted-chat.ts";
import { withModel } from "./with-model.ts";

const PAGES: Readonly<Record<string, readonly [file: string, type: string]>> = {
  "/": ["chat-page.html", "text/html; charset=utf-8"],
  "/chat-page.js": ["chat-page.js", "text/javascript"],
  "/read-answer.js": ["read-answer.js", "text/javascript"],
};

/** The handler and its page behind a port of this machine, until it is interrupted. */
async function chatServer(model: LanguageModel): Promise<void> {
  const wflo = createWflo({ database: pglite(stateFolder) });
  // A cap that is changed later, as by a top-up, stays.
  const month = process.env["MONTHLY_CAP"] ?? "0.02";
  await wflo.budgets.setDefault({ match: "user/*", caps: { month } });
  const chat = chatHandler({ wflo, model, userOf });
  const { url, close } = await serve(
    async (request) => {
      const { pathname } = new URL(request.url);
      if (pathname === "/api/chat") return chat(request);
      return pathname === "/api/top-up" ? topUp(wflo, request) : page(pathname);
    },
    Number(process.env["PORT"] ?? 8787),
  );
  console.log(`Listening. Open ${url}?user=ada&chat=bees`);
  await Promise.race([once(process, "SIGINT"), once(process, "SIGTERM")]);
  await close();
  await wflo.close();
}

/** A header that anybody may write: in its place belongs what you know your users by. */
function userOf(request: Request): string | undefined {
  return request.headers.get("x-user") ?? undefined;
}

/** Stands for what happens once a user has paid. */
async function topUp(wflo: Wflo, request: Request): Promise<Response> {
  const id = `user/${userOf(request)}`;
  const cap = (await wflo.budgets.get(id))?.windows[0]?.cap;
  if (cap === undefined || request.method !== "POST") return new Response(null, { status: 404 });
  await wflo.budgets.set({ id, caps: { month: usd(cap).plus("0.02") } });
  return new Response(null, { status: 204 });
}

const page: (pathname: string) => ReturnType<Handler> = async (pathname) => {
  const [file, type] = PAGES[pathname] ?? [];
  if (file === undefined || type === undefined) return new Response(null, { status: 404 });
  return new Response(await readFile(join(import.meta.dirname, file)), { headers: { "content-type": type } });
};

await orSentence(() => withModel((openai) => chatServer(openai("gpt-4.1-mini")), scriptedChat));
