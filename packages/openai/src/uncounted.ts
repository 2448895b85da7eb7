import { providerOfUrl, type BoundWrapper } from "@wflo/core";
import type { Endpoint } from "./endpoint.ts";
import { UnmeteredSocketError, UnmeteredTransportError, UnpricedEndpointError } from "./errors.ts";
import type { WfloOpenAIOptions } from "./options.ts";

/** What cannot be counted: refused in strict mode, else let through and told. */
export class Uncounted {
  readonly #options: WfloOpenAIOptions;
  readonly #bind: () => Promise<BoundWrapper>;

  constructor(options: WfloOpenAIOptions, bind: () => Promise<BoundWrapper>) {
    this.#options = options;
    this.#bind = bind;
  }

  /** Whether a paid request may pass uncounted. Throws `UnpricedEndpointError` where it may not, and cannot be held either. */
  async passes(endpoint: Endpoint, url: string): Promise<boolean> {
    if (endpoint.kind !== "paid" || this.#options.hold !== undefined) return false;
    if (this.#options.strict !== false) throw new UnpricedEndpointError(endpoint.path, endpoint.why);
    await this.#report(url, endpoint.name);
    return true;
  }

  /** A request goes by a transport that nothing here sees. Throws `UnmeteredTransportError`, unless it may. */
  async passTransport(url: string): Promise<void> {
    if (this.#options.strict !== false) throw new UnmeteredTransportError();
    await this.#report(url, "X.509 transport");
  }

  /** A WebSocket is about to be opened. Throws `UnmeteredSocketError`, unless it may. */
  passSocket(url: string): void {
    if (this.#options.strict !== false) throw new UnmeteredSocketError();
    void this.#report(url, "WebSockets");
  }

  async #report(url: string, what: string): Promise<void> {
    // Where nobody accounts for it, there is nobody to tell.
    const bound = await this.#bind().catch(() => undefined);
    bound?.wflo.reportUnmetered({ provider: this.#options.provider ?? providerOfUrl(url), what });
  }
}
