import { startServer } from "./test/support/postgres-server.ts";
import { writeFileSync } from "node:fs";
const s = await startServer(["-c", "fsync=on", "-c", "full_page_writes=on", "-c", "shared_buffers=128MB"]);
writeFileSync("/tmp/lgbench/url", s.url);
console.log(s.url);
process.on("SIGTERM", async () => {
  await s.remove();
  process.exit(0);
});
setInterval(() => {}, 1e6);
