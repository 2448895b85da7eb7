import { pglite } from "../../src/pglite.ts";
import { asks, bills } from "./samples.ts";

/** Opens the folder, settles a call of 30 on a budget `b`, says so, and waits to be killed. */
const database = pglite(process.argv[2] ?? "");
await database.ledger.setBudget("t", { id: "b", caps: { total: 100n }, onExpiry: "charge", warnAt: [] });
const call = asks(["b"], 40n);
await database.ledger.reserve(call);
await database.ledger.settle("t", [bills(call.callId, 30n)]);
console.log("settled");
setInterval(() => {}, 1_000);
