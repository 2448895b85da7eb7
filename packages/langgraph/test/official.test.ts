import { memoryDatabase } from "@wflo/core";
import { pglite } from "@wflo/postgres/pglite";
import { officialSuite } from "./official-suite.ts";

officialSuite("memory", () => memoryDatabase());
officialSuite("PGlite", () => pglite());
