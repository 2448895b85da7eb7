import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { fillFolder } from "../used-folder.ts";
import { startServer } from "./server-process.ts";

/** On a connection of its own: one that was used before may be closed by the server in the moment in which it is used again. */
const ask = (url: string, { headers, ...rest }: RequestInit = {}) =>
  fetch(url, { ...rest, headers: { ...(headers as object), connection: "close" } });

test(
  "the chat server gives its page, answers, keeps the chat, and ends when it is asked to",
  { timeout: 300_000 },
  async () => {
    const folder = await mkdtemp(join(tmpdir(), "wflo-chat-server-"));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    await fillFolder(folder);
    const first = await startServer(folder, "0.02");
    onTestFinished(async () => void (await first.end("SIGKILL")));
    const page = await (await ask(first.url)).text();
    const [, script = ""] = /<script type="module" src="\/(.+?)"/.exec(page) ?? [];
    expect(await (await ask(first.url + script)).text()).toContain("readAnswer");
    expect((await ask(`${first.url}secrets`)).status).toBe(404);

    const headers = { "x-user": "ada" };
    const question = { id: "q1", role: "user", parts: [{ type: "text", text: "What is left?" }] };
    const body = JSON.stringify({ id: "bees", messages: [question] });
    const answer = await ask(`${first.url}api/chat`, { method: "POST", headers, body });
    expect(answer.headers.get("x-vercel-ai-ui-message-stream")).toBe("v1");
    expect(await answer.text()).toMatch(/"cost":"0\.000\d+",.*"amount":"0\.0199\d+"/);
    const seen = await (await ask(`${first.url}api/chat?id=bees`, { headers })).json();
    expect(await first.end()).toBe(0);

    const second = await startServer(folder, "0.02");
    onTestFinished(async () => void (await second.end("SIGKILL")));
    const again = await (await ask(`${second.url}api/chat?id=bees`, { headers })).json();
    expect(again).toEqual(seen);
    expect(again).toMatchObject({ messages: [question, { role: "assistant" }], isAnswering: false });
    expect((await ask(`${second.url}api/top-up`, { method: "POST", headers })).status).toBe(204);
  },
);
