import type { Guard } from "./guard.ts";

/** What the SDK's WebSockets ask of a client (openai 7.57, `internal/ws.mjs` and `internal/realtime-credentials.mjs`). */
interface SocketHooks {
  readonly _buildWebSocketHeaders?: Hook;
  readonly _callApiKey?: Hook;
}

type Hook = (this: object, ...args: unknown[]) => unknown;

interface Client {
  readonly baseURL: string;
  readonly apiVersion?: unknown;
  readonly _options?: { readonly apiKey?: unknown };
}

/**
 * Puts the question whether a WebSocket may be opened before what only WebSockets ask of a client: their headers; and, of an Azure
 * client with a plain key, which sends it with its requests as it is, the resolving of that key.
 */
export function refuseSockets(metered: object, guardOf: (client: object) => Guard): void {
  const base = Object.getPrototypeOf(metered) as SocketHooks;
  const { _buildWebSocketHeaders: headers, _callApiKey: apiKey } = base;
  const pass = (client: object) => guardOf(client).passSocket((client as Client).baseURL);
  if (headers)
    define(metered, "_buildWebSocketHeaders", function (...args) {
      pass(this);
      return headers.apply(this, args);
    });
  if (apiKey)
    define(metered, "_callApiKey", async function (...args) {
      if (isAzureWithKey(this)) pass(this);
      return apiKey.apply(this, args);
    });
}

function isAzureWithKey(client: object): boolean {
  const { apiVersion, _options } = client as Client;
  return typeof apiVersion === "string" && typeof _options?.apiKey === "string";
}

function define(target: object, name: keyof SocketHooks, value: Hook): void {
  Object.defineProperty(target, name, { configurable: true, writable: true, value });
}
