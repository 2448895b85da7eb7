import { median } from "./support/percentile.ts";
import { MASTRA_STORES, openMastraStore, type MastraStoreName } from "./support/open-mastra-store.ts";
import { playWorkflow, type WorkflowFigures } from "./support/mastra-workflow-scene.ts";
import { playPages } from "./support/mastra-pages-scene.ts";
import { printTable } from "./support/print-table.ts";
import { runBench } from "./support/run-bench.ts";
import { startPostgres } from "./support/start-postgres.ts";

/** `WfloWorkflowsStorage` beside Mastra's own store, `@mastra/pg`, on the same PostgreSQL. Arguments: steps with commas, rounds, runs for pages. */

const [steps = "100,10", rounds = "3", runs = "10000"] = process.argv.slice(2);

/** The figures of workflows of so many steps: each store on an empty database of its own, the order turned round by round. */
async function compare(
  url: string,
  count: number,
): Promise<ReadonlyMap<MastraStoreName, readonly WorkflowFigures[]>> {
  const found = new Map<MastraStoreName, WorkflowFigures[]>(MASTRA_STORES.map((name) => [name, []]));
  for (let round = 0; round < Number(rounds); round += 1) {
    for (const name of round % 2 === 0 ? MASTRA_STORES : MASTRA_STORES.toReversed()) {
      const open = await openMastraStore(name, url);
      found.get(name)?.push(await playWorkflow(open, count));
      await open.close();
    }
  }
  return found;
}

function print(title: string, found: ReadonlyMap<MastraStoreName, readonly WorkflowFigures[]>): void {
  const [ours = [], theirs = []] = MASTRA_STORES.map((name) => found.get(name));
  const middle = (figures: readonly WorkflowFigures[], name: string): number =>
    median(figures.map((one) => one[name] ?? Number.NaN));
  console.log(`${title}:`);
  printTable(
    ["", ...MASTRA_STORES, "ratio", "ratio by round"],
    Object.keys(ours[0] ?? {}).map((name) => [
      name,
      middle(ours, name).toFixed(2),
      middle(theirs, name).toFixed(2),
      (middle(ours, name) / middle(theirs, name)).toFixed(3),
      ours.map((one, at) => ((one[name] ?? 0) / (theirs[at]?.[name] ?? 0)).toFixed(2)).join(" "),
    ]),
  );
  console.log();
}

await runBench("Mastra's workflow runs on PostgreSQL with fsync", 1_200, async (promises) => {
  const server = await startPostgres();
  for (const count of steps.split(",").map(Number)) {
    const found = await compare(server.url, count);
    print(`a run of ${count} steps that each return 2 KB`, found);
    if (count < 100) continue;
    const mb = (name: MastraStoreName) =>
      median((found.get(name) ?? []).map((one) => one["MB written to the log"] ?? 0));
    const [ours, theirs] = [mb("WfloWorkflowsStorage"), mb("@mastra/pg")];
    promises.check(
      "writes a tenth of the bytes",
      ours * 10 < theirs,
      `${ours.toFixed(1)} MB, ${theirs.toFixed(1)} MB`,
    );
  }
  if (Number(runs) > 0) print(`pages of 20 of ${runs} short runs`, await playPages(server.url, Number(runs)));
});
