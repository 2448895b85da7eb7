import { postgres } from "../../src/postgres.ts";
import { asks } from "./samples.ts";

// One process of many that use an empty database at once; prints the verdict of its first call.
const database = postgres({ url: process.argv[2] });
const verdict = await database.ledger.reserve(asks(["none"], 1n));
process.stdout.write(verdict.code);
await database.close();
