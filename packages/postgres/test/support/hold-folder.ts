import { pglite } from "../../src/pglite.ts";
import { asks } from "./samples.ts";

// Opens a folder, holds money in it, and waits to be killed.
const database = pglite(process.argv[2]);
await database.ledger.setBudget("t", { id: "b", caps: { total: 100n }, onExpiry: "charge", warnAt: [] });
await database.ledger.reserve(asks(["b"], 40n));
process.stdout.write("ready");
setInterval(() => {}, 1_000);
