import { connect, createServer, type AddressInfo, type Socket } from "node:net";

/** Between a client and its server: can let a statement through and cut its connection before the answer, or let nobody connect. */
export interface CuttingProxy {
  /** The server's URL through the proxy. */
  readonly url: string;
  /** Cuts the next connection on which the client sends this text, when the server has answered; resolves when it has. */
  cutAfter(text: string): Promise<void>;
  /** Lets new connections through, or none. */
  admit(isOpen: boolean): void;
  /** Nothing more comes through the connections that there are, and none of them ends. */
  silence(): void;
  close(): void;
}

export async function cuttingProxy(serverUrl: string): Promise<CuttingProxy> {
  const target = new URL(serverUrl);
  const sockets = new Set<Socket>();
  const connections = new Set<Socket>();
  const silent = new Set<Socket>();
  let armed: { readonly text: string; readonly done: () => void } | undefined;
  let isOpen = true;
  const server = createServer((client) => {
    client.on("error", () => {});
    if (!isOpen) return void client.destroy();
    const upstream = connect(Number(target.port), target.hostname);
    let cut: (() => void) | undefined;
    connections.add(client);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => {
        client.destroy();
        upstream.destroy();
        sockets.delete(socket);
        connections.delete(client);
        silent.delete(client);
      });
    }
    client.on("data", (chunk: Buffer) => {
      if (silent.has(client)) return;
      if (armed !== undefined && chunk.includes(armed.text)) {
        cut = armed.done;
        armed = undefined;
      }
      upstream.write(chunk);
    });
    upstream.on("data", (chunk: Buffer) => {
      if (cut === undefined) client.write(chunk);
      // ReadyForQuery, idle: the transaction is over.
      else if (chunk.subarray(-6).equals(Buffer.from("Z\0\0\0\u0005I", "latin1"))) {
        cut();
        client.destroy();
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = new URL(serverUrl);
  url.port = String((server.address() as AddressInfo).port);
  return {
    url: url.href,
    cutAfter: (text) =>
      new Promise((resolve) => {
        armed = { text, done: resolve };
      }),
    admit: (open) => {
      isOpen = open;
    },
    silence: () => connections.forEach((client) => silent.add(client)),
    close: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
