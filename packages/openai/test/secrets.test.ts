import { createWflo, type WfloEventName } from "@wflo/core";
import { wfloOpenAI } from "@wflo/openai";
import OpenAI, { AzureOpenAI } from "openai";
import { expect, test } from "vitest";
import { CHAT, collect, lines, serve, settled, simulate } from "./support/desk.ts";

/** None of these may be told to anybody. */
const SECRETS =
  /sk-secret|org-hidden|proj-hidden|bearer-hidden|custom-hidden|query-hidden|azure-hidden|something nice|an answer/i;
const EVENTS: readonly WfloEventName[] = [
  "call-start",
  "call-end",
  "call-waiting",
  "call-settled",
  "call-unmetered",
  "budget-warning",
  "budget-exceeded",
  "trouble",
];
const FILE = new File([new Uint8Array(100)], "a.wav");

test("keys, credentials, headers, queries and prompts are in no event, log line, receipt, ledger line or error", async () => {
  const told: unknown[] = [];
  const tell = (...args: unknown[]) => void told.push(args);
  const logger = { debug: tell, info: tell, warn: tell, error: tell };
  const wflo = createWflo({ logger, settle: "background", onMissingUsage: "allow" });
  await wflo.budgets.set({ id: "user", caps: { total: "1.00" }, warnAt: [0.000_001] });
  for (const name of EVENTS) wflo.on(name, tell);
  const wrap = <Client extends OpenAI>(client: Client, options: object = {}) =>
    wfloOpenAI(client, { wflo, budgets: ["user"], ...options });

  const simulator = await simulate(
    { text: "an answer" },
    { text: "an answer", omitUsage: true },
    { status: 401 },
    { text: "an answer", cutAfterChunks: 1 },
    { text: "an answer" },
  );
  const hidden = {
    apiKey: "sk-secret",
    organization: "org-hidden",
    project: "proj-hidden",
    defaultHeaders: { "x-custom": "custom-hidden", "proxy-authorization": "Bearer bearer-hidden" },
    defaultQuery: { key: "query-hidden" },
    maxRetries: 0,
  };
  const client = wrap(new OpenAI({ baseURL: simulator.url, ...hidden }));
  await client.chat.completions.create(CHAT);
  await client.chat.completions.create(CHAT);
  await settled(client.chat.completions.create(CHAT));
  await settled(client.chat.completions.create({ ...CHAT, stream: true }).then(collect));
  await client.audio.transcriptions.create({ file: FILE, model: "whisper-1", prompt: "something nice" });

  const errors: unknown[] = [];
  const note = async (work: Promise<unknown>) => void errors.push(await settled(work));
  await note(client.videos.create({ prompt: "something nice" }));
  await note(client.chat.completions.create({ ...CHAT, model: "unheard-of" }));
  await note(client.chat.completions.create({ ...CHAT, max_completion_tokens: 30_000_000 }));
  await note(
    client.post("/chat/completions", { body: "something nice", headers: { "content-type": "x/y" } }),
  );
  await note(client.images.generate({ model: "gpt-image-2", prompt: "something nice" }));
  const url = await serve((_, response) => response.writeHead(500).end("an answer"));
  await note(
    wrap(
      new AzureOpenAI({
        baseURL: `${url}?sig=query-hidden`,
        apiKey: "azure-hidden",
        apiVersion: "1",
        maxRetries: 0,
      }),
      {
        provider: "openai",
      },
    ).chat.completions.create(CHAT),
  );
  await wrap(new OpenAI({ baseURL: simulator.url, ...hidden }), { strict: false })
    .videos.create({ prompt: "something nice" })
    .catch(() => {});
  // Some ways to fetch name the whole URL when they fail.
  const fetch = () => Promise.reject(new Error("request to https://x/v1?key=query-hidden failed"));
  await settled(wrap(new OpenAI({ baseURL: simulator.url, ...hidden, fetch })).chat.completions.create(CHAT));
  told.push(await lines(wflo, 7), await wflo.budgets.get("user"));
  for (const { callId } of await wflo.calls.list()) told.push(await wflo.calls.get(callId));
  await wflo.close();

  expect(told.length).toBeGreaterThan(20);
  expect(JSON.stringify(told)).not.toMatch(SECRETS);
  const messages = errors.map((error) => [(error as Error).message, JSON.stringify(error)]);
  expect(messages).toHaveLength(6);
  expect(JSON.stringify(messages)).not.toMatch(/sk-secret|-hidden/);
});

test("a gateway's key in the base URL is in no refusal", async () => {
  const wflo = createWflo({ logger: false });
  await wflo.budgets.set({ id: "user", caps: { total: "1.00" } });
  const client = wfloOpenAI(new OpenAI({ baseURL: "https://gw.example/sk-secret/v1", apiKey: "k" }), {
    wflo,
    budgets: ["user"],
  });
  const body = "something nice";
  const errors = [
    await settled(client.post("/something", { body: {} })),
    await settled(client.videos.create({ prompt: body })),
    await settled(client.post("/chat/completions", { body, headers: { "content-type": "x/y" } })),
  ].map((error) => (error as Error).message);
  expect(errors[0]).toContain("Calls to /something are paid");
  expect(errors[2]).toContain("the request to /chat/completions is neither");
  expect(errors.join()).not.toMatch(/sk-secret/);
  await wflo.close();
});
