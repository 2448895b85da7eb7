import { WfloSaver } from "../src/index.ts";

/** A process of its own that prunes all threads of a tenant: `<url> <tenant>`; says when it has begun. */
const [url = "", tenant = ""] = process.argv.slice(2);
const saver = WfloSaver.fromConnString(url, { tenant });
await saver.getTuple({ configurable: { thread_id: "none" } });
console.log("ready");
await saver.prune({ keepLast: 1 });
await saver.close();
