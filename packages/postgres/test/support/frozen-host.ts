import { execFileSync, fork, type ChildProcess } from "node:child_process";
import { get, type IncomingMessage } from "node:http";
import { join } from "node:path";
import { onTestFinished } from "vitest";

const APP = join(import.meta.dirname, "frozen-host-app.ts");
const POLL_MS = 5;
const PATIENCE_MS = 60_000;

/** What a host gives the process that it starts. */
export interface HostSettings {
  /** Of the database. */
  readonly url: string;
  readonly settle?: "await" | "background";
  /** Whether the process may ask for time after its response. */
  readonly hasWaitUntil?: boolean;
}

/** A response on its way. */
export interface Reply {
  readonly soFar: string;
  /** Its whole text, or what had come when the client left. */
  readonly read: Promise<string>;
  /** Resolves when the process has been stopped after it. */
  readonly frozen: Promise<void>;
  /** The client goes away. */
  leave(): void;
}

/**
 * A host as AWS Lambda is one: it starts a Node process that serves HTTP, and stops it (SIGSTOP) the moment a response has been
 * read, unless promises given to `waitUntil` are open; then when they are settled. After a client that left, it stops when the
 * handler has returned. The process is killed after the test.
 */
export class FreezingHost {
  /** What the process has told so far. */
  readonly told: string[] = [];
  readonly #child: ChildProcess;
  #port = "";

  private constructor(child: ChildProcess) {
    this.#child = child;
    child.on("message", (text) => this.told.push(text as string));
  }

  static async start({ url, settle, hasWaitUntil = false }: HostSettings): Promise<FreezingHost> {
    const env = { ...process.env, AWS_LAMBDA_FUNCTION_NAME: "wflo-test" };
    const child = fork(APP, [url, settle ?? "", String(hasWaitUntil)], { env, execArgv: [] });
    onTestFinished(() => void child.kill("SIGKILL"));
    const host = new FreezingHost(child);
    host.#port = (await host.until("port ")).slice("port ".length);
    return host;
  }

  /** Sends a request, reads the response, and stops the process. */
  async invoke(path: string): Promise<string> {
    const reply = this.open(path);
    await reply.frozen;
    return reply.read;
  }

  /** The same, step by step. */
  open(path: string): Reply {
    let text = "";
    const read = Promise.withResolvers<string>();
    const frozen = Promise.withResolvers<void>();
    const client = get({ host: "127.0.0.1", port: this.#port, path, agent: false }, (response) => {
      response.on("data", (chunk: Buffer) => (text += chunk.toString()));
      response.on("error", () => {});
      response.on("close", () => {
        read.resolve(text);
        this.#stopAfter(response).then(frozen.resolve, frozen.reject);
      });
    });
    client.on("error", frozen.reject);
    return {
      get soFar() {
        return text;
      },
      read: read.promise,
      frozen: frozen.promise,
      leave: () => void client.destroy(),
    };
  }

  /** Tells the process something; while it is stopped it does not hear. */
  say(text: string): void {
    this.#child.send(text);
  }

  /** The first thing told that begins so. */
  async until(beginning: string): Promise<string> {
    const deadline = performance.now() + PATIENCE_MS;
    for (;;) {
      const found = this.told.find((text) => text.startsWith(beginning));
      if (found !== undefined) return found;
      if (performance.now() > deadline)
        throw new Error(`Not told in time: "${beginning}", but ${this.told.join(", ")}.`);
      await pause(POLL_MS);
    }
  }

  /** Stops the process where it is. */
  async freeze(): Promise<void> {
    this.#child.kill("SIGSTOP");
    while (!this.isFrozen) await pause(POLL_MS);
  }

  get isFrozen(): boolean {
    const state = execFileSync("ps", ["-o", "stat=", "-p", String(this.#child.pid)], { encoding: "utf8" });
    return state.startsWith("T");
  }

  thaw(): void {
    this.#child.kill("SIGCONT");
  }

  async #stopAfter({ complete, trailers }: IncomingMessage): Promise<void> {
    if (!complete) await this.until("returned");
    else if (trailers["open-promises"] !== "0") await this.until("all promises settled");
    await this.freeze();
  }
}

/** Waits for a number of milliseconds. */
export const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
