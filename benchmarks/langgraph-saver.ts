import { CHANNEL_WORKLOADS } from "./support/channel-workloads.ts";
import { type OpenSaver, openSaver, type SaverName, SAVERS } from "./support/open-saver.ts";
import { median } from "./support/percentile.ts";
import { printTable } from "./support/print-table.ts";
import { runBench } from "./support/run-bench.ts";
import {
  type Figures,
  playDeep,
  playPuts,
  playThread,
  playThreads,
  playWorkload,
} from "./support/saver-scenes.ts";
import { startPostgres } from "./support/start-postgres.ts";

/** `WfloSaver` beside LangGraph's own saver on the same PostgreSQL. Arguments: scenes with commas, rounds. */

const MOST_RATIO = 11;
const DEEP = 20_000;

type Scene = (saver: OpenSaver) => Promise<Figures>;

/** What both savers play, in turn. */
const SCENES: Readonly<Record<string, Scene>> = {
  short: (saver) => playThread(saver, 50),
  threads: playThreads,
  puts: playPuts,
  long: (saver) => playThread(saver, 500),
};
const [wanted = `${Object.keys(SCENES).join()},growth,deep`, rounds = "3"] = process.argv.slice(2);

/** The figures of one scene, by saver: each saver on an empty database of its own, the order turned round by round. */
async function compare(url: string, scene: Scene): Promise<ReadonlyMap<SaverName, readonly Figures[]>> {
  const found = new Map<SaverName, Figures[]>(SAVERS.map((name) => [name, []]));
  for (let round = 0; round < Number(rounds); round += 1) {
    for (const name of round % 2 === 0 ? SAVERS : SAVERS.toReversed()) {
      const open = await openSaver(name, url);
      found.get(name)?.push(await scene(open));
      await open.close();
    }
  }
  return found;
}

function print(title: string, found: ReadonlyMap<SaverName, readonly Figures[]>): void {
  const [ours = [], theirs = []] = SAVERS.map((name) => found.get(name));
  const middle = (figures: readonly Figures[], name: string): number =>
    median(figures.map((one) => one[name] ?? Number.NaN));
  console.log(`${title}:`);
  printTable(
    ["", ...SAVERS, "ratio", "ratio by round"],
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

await runBench("LangGraph's threads on PostgreSQL with fsync", 3_600, async (promises) => {
  const server = await startPostgres();
  const isWanted = (scene: string): boolean => wanted.split(",").includes(scene);
  for (const [name, scene] of Object.entries(SCENES)) {
    if (isWanted(name)) print(name, await compare(server.url, scene));
  }
  if (isWanted("growth")) {
    for (const name of Object.keys(CHANNEL_WORKLOADS)) {
      const [few, many] = await playWorkload(name, () => openSaver("WfloSaver", server.url));
      const detail = `${(few / 1024).toFixed(0)} KB, ${(many / 1024).toFixed(0)} KB, ${(many / few).toFixed(2)}`;
      promises.check(`${name}: under ${MOST_RATIO} times the bytes`, many < MOST_RATIO * few, detail);
    }
    console.log();
  }
  if (isWanted("deep")) {
    const open = await openSaver("WfloSaver", server.url);
    const found = await playDeep(open, DEEP);
    await open.close();
    console.log(`at the end of 100 and of ${DEEP} checkpoints:`);
    printTable(
      ["", "median ms"],
      Object.entries(found).map(([name, ms]) => [name, ms.toFixed(2)]),
    );
  }
});
