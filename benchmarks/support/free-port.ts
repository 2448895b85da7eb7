import { randomInt } from "node:crypto";
import { createServer } from "node:net";

/** Below those that systems give to whoever asks for any: none of these is given away before it is used, or while a server restarts. */
const [FIRST, LAST] = [12_000, 32_000];
const ATTEMPTS = 100;

/** A port of this machine that nobody listens on. */
export async function freePort(): Promise<number> {
  for (let attempt = 1; ; attempt += 1) {
    const port = randomInt(FIRST, LAST);
    try {
      return await probe(port);
    } catch (error) {
      if (attempt === ATTEMPTS) throw error;
    }
  }
}

function probe(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once("error", reject);
    server.listen(port, "127.0.0.1", () => void server.close(() => resolve(port)));
  });
}
