import assert from "node:assert/strict";
import type { Page } from "playwright-core";

const WAIT_MS = 40_000;

/** Somebody in front of the page. */
export class ChatVisitor {
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
    page.setDefaultTimeout(WAIT_MS);
  }

  /** Opens a chat, and waits for what is saved of it. */
  async open(url: string, chat: string): Promise<void> {
    await this.page.goto(`${url}?user=ada&chat=${chat}`);
    await this.isLoaded();
  }

  async ask(question: string): Promise<void> {
    await this.page.getByPlaceholder("Ask anything").fill(question);
    await this.page.getByRole("button", { name: "Ask", exact: true }).click();
  }

  press(button: string): Promise<void> {
    return this.page.getByRole("button", { name: button }).click();
  }

  /** What the last answer says, as soon as it says that. */
  async reads(expected: RegExp): Promise<string> {
    const answer = this.page.locator("article.assistant").last();
    await answer.filter({ hasText: expected }).waitFor();
    return answer.innerText();
  }

  async isLoaded(): Promise<void> {
    await this.page.locator("#status").filter({ hasNotText: "Loading" }).waitFor({ state: "attached" });
  }

  /** Waits until the page waits for nothing any more. */
  async isDone(): Promise<void> {
    await this.page.locator("#status:empty").waitFor({ state: "attached" });
  }

  status(): Promise<string> {
    return this.page.locator("#status").innerText();
  }

  error(): Promise<string> {
    return this.page.getByRole("alert").innerText();
  }

  /** All messages as they stand there. */
  messages(): Promise<string[]> {
    return this.page.locator("article").allInnerTexts();
  }

  /** Reloads the page, which has to show what it showed. */
  async reload(): Promise<void> {
    const before = await this.messages();
    await this.page.reload();
    await this.isLoaded();
    assert.deepEqual(await this.messages(), before);
  }
}
