import { askAgain, type CheckpointStore, type Clock } from "@wflo/core";

/** As long as a put waits for a database that is away. */
const PATIENCE = { attempts: 4, firstPauseMs: 200 };

/** The same store, asked again after a short outage by everything but `put`, which the engine asks again itself. */
export function patientStore(store: CheckpointStore, clock: Clock): CheckpointStore {
  const again = <T>(ask: () => Promise<T>) => askAgain(clock, PATIENCE, ask);
  return {
    ...store,
    get: (tenant, place) => again(() => store.get(tenant, place)),
    lineage: (tenant, place, limit) => again(() => store.lineage(tenant, place, limit)),
    list: (tenant, filter) => again(() => store.list(tenant, filter)),
    listStored: (tenant, filter) => again(() => store.listStored(tenant, filter)),
    count: (tenant, conditions) => again(() => store.count(tenant, conditions)),
    // Writes of a task are the same when they are put twice.
    putWrites: (put) => again(() => store.putWrites(put)),
    walk: (tenant, place, request) => again(() => store.walk(tenant, place, request)),
    deleteThread: (tenant, thread) => again(() => store.deleteThread(tenant, thread)),
  };
}
