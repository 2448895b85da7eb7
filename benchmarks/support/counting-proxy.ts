import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { atEnd } from "./run-bench.ts";

/** A proxy before PostgreSQL that counts round trips and holds its answers back. */
export interface CountingProxy {
  readonly url: string;
  /** Round trips begun: simple queries, and syncs of the extended protocol. */
  asked(): number;
  /** Holds every answer back by this much from now on. */
  setDelayMs(delayMs: number): void;
}

const SYNC = "S".charCodeAt(0);
const QUERY = "Q".charCodeAt(0);

/** Calls `onMessage` with the type of every message of a client, whatever chunks it comes in. */
function messageReader(onMessage: (type: number) => void): (chunk: Buffer) => void {
  let pending: Buffer = Buffer.alloc(0);
  let inStartup = true;
  return (chunk) => {
    pending = Buffer.concat([pending, chunk]);
    for (;;) {
      // The first message of a client has no type, only a length that counts itself.
      const head = inStartup ? 0 : 1;
      if (pending.length < head + 4) return;
      const length = head + pending.readUInt32BE(head);
      if (pending.length < length) return;
      if (!inStartup) onMessage(pending[0] ?? 0);
      inStartup = false;
      pending = pending.subarray(length);
    }
  };
}

/** Starts the proxy for a database URL; it stops at the end. */
export async function startCountingProxy(databaseUrl: string): Promise<CountingProxy> {
  const target = new URL(databaseUrl);
  const sockets = new Set<Socket>();
  let asked = 0;
  let delayMs = 0;
  const server = createServer({ noDelay: true }, (client) => {
    const upstream = connect({ port: Number(target.port), host: target.hostname, noDelay: true });
    const readClient = messageReader((type) => void (asked += type === SYNC || type === QUERY ? 1 : 0));
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(socket);
      socket.on("error", () => other.destroy());
      socket.on("close", () => {
        sockets.delete(socket);
        other.destroy();
      });
    }
    client.on("data", (chunk: Buffer) => {
      readClient(chunk);
      upstream.write(chunk);
    });
    upstream.on("data", (chunk: Buffer) => {
      if (delayMs === 0) client.write(chunk);
      else setTimeout(() => client.write(chunk), delayMs);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  atEnd(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  const url = new URL(databaseUrl);
  url.port = String((server.address() as AddressInfo).port);
  return {
    url: url.href,
    asked: () => asked,
    setDelayMs: (ms) => void (delayMs = ms),
  };
}
