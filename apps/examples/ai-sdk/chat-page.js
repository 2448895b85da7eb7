import { readAnswer } from "/read-answer.js";

const query = new URLSearchParams(location.search);
const chat = query.get("chat") ?? "bees";
const headers = { "x-user": query.get("user") ?? "ada", "content-type": "application/json" };
const POLL_MS = 500;

const element = (id) => document.getElementById(id);
let messages = [];

element("form").addEventListener("submit", (event) => {
  event.preventDefault();
  const text = element("question").value;
  element("question").value = "";
  void ask({ id: crypto.randomUUID(), role: "user", parts: [{ type: "text", text }] });
});
element("again").addEventListener("click", () => {
  void ask(messages.findLast(({ role }) => role === "user"));
});
element("top-up").addEventListener("click", () => void topUp());
void load();

/** What is saved. An answer under way, whoever asked for it, is waited for. */
async function load() {
  const response = await fetch(`/api/chat?id=${encodeURIComponent(chat)}`, { headers });
  const saved = await response.json();
  messages = saved.messages;
  show({ status: saved.isAnswering ? "The answer is on its way …" : "" });
  if (saved.isAnswering) setTimeout(() => void load(), POLL_MS);
  else if (messages.at(-1)?.role === "user") show({ error: "No answer has come." });
}

/** Asks a question, or one again: then what came after it goes, as it does on the server. */
async function ask(question) {
  const at = messages.findIndex(({ id }) => id === question.id);
  messages = [...(at === -1 ? messages : messages.slice(0, at)), question];
  const before = messages;
  show({ status: "…" });
  try {
    const body = JSON.stringify({ id: chat, messages: [question] });
    const response = await fetch("/api/chat", { method: "POST", headers, body });
    await readAnswer(response, (answer) => {
      messages = [...before, answer];
      show({ status: "…" });
    });
    show({});
  } catch (error) {
    show({ error: error.message });
  }
}

async function topUp() {
  await fetch("/api/top-up", { method: "POST", headers });
  element("top-up").hidden = true;
}

function show({ status = "", error = "" }) {
  element("messages").replaceChildren(...messages.map(articleOf));
  element("status").textContent = status;
  element("error").textContent = error;
  element("again").hidden = error === "";
  element("top-up").hidden = !error.startsWith("Budget ");
  element("form").scrollIntoView();
}

function articleOf({ role, parts, metadata }) {
  const article = document.createElement("article");
  article.className = role;
  for (const { type, text, output } of parts) {
    if (type === "text") article.append(text);
    if (type.startsWith("tool-")) article.append(line(`${type.slice(5)}: ${output ?? "…"}`));
  }
  if (metadata) article.append(line(costOf(metadata)));
  return article;
}

function costOf({ cost, costKind, left }) {
  const isExact = costKind === "known";
  return `${isExact ? "" : "about "}$${cost}${left ? `, $${left.amount} left this ${left.window}` : ""}`;
}

function line(text) {
  const small = document.createElement("small");
  small.textContent = text;
  return small;
}
