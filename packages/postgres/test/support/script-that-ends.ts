import { pglite } from "../../src/pglite.ts";
import { postgres } from "../../src/postgres.ts";

// Uses a database and ends without a word to the event loop: `idle` never closes, `closed` does.
const [, , place = "", how] = process.argv;
const database = place.startsWith("postgres:") ? postgres({ url: place }) : pglite(place);
await Promise.all(Array.from({ length: 3 }, () => database.ledger.expire(1)));
if (how === "closed") await database.close();
process.stdout.write("done");
