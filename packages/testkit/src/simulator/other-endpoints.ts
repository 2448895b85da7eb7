import type { IncomingMessage, ServerResponse } from "node:http";
import type { Fixture, ServerInstance } from "@copilotkit/aimock";

/** Everything that is not chat or responses (embeddings, images, other providers), answered by aimock. */
export class OtherEndpoints {
  readonly #fixtures: Fixture[];
  #starting: Promise<ServerInstance> | undefined;

  constructor(fixtures: readonly Fixture[]) {
    this.#fixtures = [...fixtures];
  }

  /** Hands a request over. aimock is loaded on the first one: it is large, and most tests never ask for it. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.#starting ??= import("@copilotkit/aimock").then(({ createServer }) =>
      createServer(this.#fixtures, { port: 0 }),
    );
    const { server } = await this.#starting;
    server.emit("request", request, response);
  }

  async close(): Promise<void> {
    const instance = await this.#starting?.catch(() => undefined);
    instance?.server.closeAllConnections();
    instance?.server.close();
  }
}
