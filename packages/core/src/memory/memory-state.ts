import { StoreUnavailableError } from "../errors/store-unavailable-error.ts";
import { memoryEntryIds } from "./memory-entry-ids.ts";
import { MemoryTenant } from "./memory-tenant.ts";

/** What the parts of one memory database share: its tenants, its clock, and whether it is open. */
export class MemoryState {
  readonly now: () => number;
  readonly nextEntryId = memoryEntryIds();
  private readonly tenants = new Map<string, MemoryTenant>();
  private isClosed = false;

  constructor(now: () => number) {
    this.now = now;
  }

  /** Throws `StoreUnavailableError` once the database is closed. */
  tenant(id: string): MemoryTenant {
    this.assertOpen();
    let tenant = this.tenants.get(id);
    if (tenant === undefined) {
      tenant = new MemoryTenant();
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
      throw new StoreUnavailableError("The memory database was closed; make a new one with memoryDatabase().");
    }
  }
}
