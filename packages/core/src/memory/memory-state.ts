import { StoreUnavailableError } from "../errors/store-unavailable-error.ts";
import type { Ids } from "../ports/ids.ts";
import { uuidV7Ids } from "../host/uuid-v7-ids.ts";
import { MemoryTenant } from "./memory-tenant.ts";
import { ZoneClocks } from "./zone-clocks.ts";

/** What the parts of one memory database share: its tenants, its clock, and whether it is open. */
export class MemoryState {
  readonly now: () => number;
  /** For the entries that the store itself writes. */
  readonly ids: Ids;
  private readonly clocks = new ZoneClocks();
  private readonly tenants = new Map<string, MemoryTenant>();
  private isClosed = false;

  constructor(now: () => number) {
    this.now = now;
    this.ids = uuidV7Ids({ now });
  }

  /** Throws `StoreUnavailableError` once the database is closed. */
  tenant(id: string): MemoryTenant {
    this.assertOpen();
    let tenant = this.tenants.get(id);
    if (tenant === undefined) {
      tenant = new MemoryTenant(this.clocks);
      this.tenants.set(id, tenant);
    }
    return tenant;
  }

  /** Throws `StoreUnavailableError` once the database is closed. */
  allTenants(): Iterable<MemoryTenant> {
    this.assertOpen();
    return this.tenants.values();
  }

  /** Every later use throws; the ledger is given back to the collector. */
  close(): void {
    this.isClosed = true;
    this.tenants.clear();
  }

  private assertOpen(): void {
    if (this.isClosed) {
      throw new StoreUnavailableError(
        "The memory database was closed by close() or wflo.close(); make a new client with createWflo().",
      );
    }
  }
}
