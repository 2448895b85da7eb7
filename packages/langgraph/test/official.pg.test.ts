import { officialSuite } from "./official-suite.ts";
import { openServer } from "./test-server.ts";

officialSuite("PostgreSQL", openServer);
