import { randomUUID } from "node:crypto";
import { WfloSaver } from "@wflo/langgraph";
import { postgres } from "@wflo/postgres";
import { openSaver } from "./support/open-saver.ts";
import { putChain } from "./support/saver-scenes.ts";
import { runBench } from "./support/run-bench.ts";
import { startPostgres } from "./support/start-postgres.ts";
const med = (xs: number[]) => xs.toSorted((a, b) => a - b)[Math.floor(xs.length / 2)] as number;
await runBench("names", 900, async () => {
  const server = await startPostgres();
  const official = await openSaver("official" as never, server.url).catch(async () => openSaver("PostgresSaver" as never, server.url));
  const ours = await openSaver("WfloSaver" as never, server.url).catch(async () => openSaver("wflo" as never, server.url));
  const make = (preparedStatements: boolean) => new WfloSaver({ database: postgres({ url: server.url, preparedStatements }) });
  void ours.close();
  const savers: Record<string, any> = { official: official.saver, plain: make(false), named: make(true) };
  for (const [n, s] of Object.entries(savers)) for (let i = 0; i < 4; i++) await putChain(s, `warm${n}${i}`, 300);
  const inTurn: Record<string, number[]> = {}, many: Record<string, number[]> = {};
  for (let round = 0; round < 14; round++)
    for (const name of round % 2 ? Object.keys(savers) : Object.keys(savers).toReversed()) {
      let t = performance.now();
      await putChain(savers[name], `one ${name} ${randomUUID()}`, 250);
      (inTurn[name] ??= []).push(250 / (performance.now() - t) * 1000);
      t = performance.now();
      await Promise.all(Array.from({ length: 16 }, (_, at) => putChain(savers[name], `m ${name} ${at} ${randomUUID()}`, 60)));
      (many[name] ??= []).push(960 / (performance.now() - t) * 1000);
    }
  for (const name of Object.keys(savers)) {
    const rel = (o: Record<string, number[]>) => med(o[name]!.map((x, i) => x / o["official"]![i]!)).toFixed(2);
    console.log(name, "in turn", med(inTurn[name]!).toFixed(0), rel(inTurn), "16 chains", med(many[name]!).toFixed(0), rel(many));
  }
  process.exit(0);
});
