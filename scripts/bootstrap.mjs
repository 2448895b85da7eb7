// Plain JavaScript that any Node from 20 on runs with nothing installed. It installs the tool chain where it is
// missing or out of date, then runs a task under the pinned Node.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const OLDEST_NODE = 20;
const isWindows = process.platform === "win32";
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const modules = join(root, "node_modules");
const pinnedNode = join(modules, "node", "bin", isWindows ? "node.exe" : "node");
const stampFile = join(modules, ".wflo-installed");
const pnpm = JSON.parse(readFileSync(join(root, "package.json"), "utf8")).packageManager.split("+")[0];

const tasks = {
  example: ([name, ...args]) => [pinnedNode, [fileIn("apps/examples", name), ...args]],
  demo: (args) => [pinnedNode, ["apps/examples/demo.ts", ...args]],
  studio: (args) => [pinnedNode, ["node_modules/mastra/dist/index.js", "dev", ...args], "apps/mastra-studio"],
  test: (args) => [pinnedNode, ["scripts/test.ts", ...args]],
  bench: ([name, ...args]) => [pinnedNode, [fileIn("benchmarks", name), ...args]],
  prices: (args) => [pinnedNode, ["scripts/prices.ts", ...args]],
  promises: () => [pinnedNode, ["scripts/promises.ts"]],
  tidy: () => [pinnedNode, ["scripts/tidy.ts"]],
  format: () => ["oxfmt", ["."]],
};

const [name, ...args] = process.argv.slice(2);
if (Number(process.versions.node.split(".")[0]) < OLDEST_NODE) {
  stop(
    `wflo needs Node ${OLDEST_NODE} or newer to start; this is ${process.version}. Install a newer Node and try again.`,
  );
}
if (!Object.hasOwn(tasks, name ?? ""))
  stop(`usage: npm run ${Object.keys(tasks).join("|")} [-- arguments]`, 2);

const env = cleanEnvironment();
await install();
const [command, commandArgs, folder] = tasks[name](args);
process.exit(await run(command, commandArgs, "inherit", folder));

/**
 * npm tells its scripts about the package that it runs (npm_package_*, npm_config_local_prefix, ...), and the tools below
 * would take that for settings. What says where packages come from stays.
 */
function cleanEnvironment() {
  const keep =
    /^npm_config_(registry|cache|userconfig|globalconfig|proxy|https_proxy|http_proxy|noproxy|cafile|ca|strict_ssl|offline|prefer_offline|@|\/\/)/;
  const clean = { ...process.env };
  for (const key of Object.keys(clean)) {
    if ((key.startsWith("npm_") && !keep.test(key)) || key === "INIT_CWD" || key === "NODE_OPTIONS")
      delete clean[key];
  }
  const pathKey = Object.keys(clean).find((key) => key.toUpperCase() === "PATH") ?? "PATH";
  const others = (clean[pathKey] ?? "")
    .split(delimiter)
    .filter((folder) => folder && !folder.includes("node_modules"));
  clean[pathKey] = [dirname(pinnedNode), join(modules, ".bin"), ...others].join(delimiter);
  return { ...clean, TURBO_TELEMETRY_DISABLED: "1", MASTRA_TELEMETRY_DISABLED: "1", DO_NOT_TRACK: "1" };
}

/** Installs unless the last install was for the very same files. */
async function install() {
  const stamp = stampOfInputs();
  if (existsSync(pinnedNode) && existsSync(stampFile) && readFileSync(stampFile, "utf8") === stamp) return;
  const stopProgress = showProgress();
  const output = [];
  const code = await run("npx", ["--yes", pnpm, "install", "--frozen-lockfile"], output);
  const seconds = stopProgress();
  if (code === 0) {
    writeFileSync(stampFile, stamp);
    console.error(`Installed with ${pnpm} in ${seconds} s.`);
    return;
  }
  const text = output.join("");
  process.stderr.write(text);
  const offline = /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ENETUNREACH|ERR_SOCKET_TIMEOUT/.test(text);
  const stale = /OUTDATED_LOCKFILE/.test(text);
  const noNpx = /\bnpx\b.*(ENOENT|not found|not recognized)/i.test(text);
  stop(
    offline
      ? "The package registry cannot be reached: the first run needs the network, later ones do not."
      : stale
        ? `pnpm-lock.yaml does not fit the package.json files. Run: npx ${pnpm} install`
        : noNpx
          ? "npx was not found: install npm, which comes with Node, and try again."
          : "The install failed; the package manager's words are above.",
    code,
  );
}

function stampOfInputs() {
  const folders = ["packages", "apps"].flatMap((parent) =>
    readdirSync(join(root, parent)).map((child) => join(parent, child)),
  );
  const manifests = [".", "benchmarks", ...folders].map((folder) => join(folder, "package.json"));
  const hash = createHash("sha256").update(`${process.platform} ${process.arch}`);
  for (const file of ["pnpm-lock.yaml", "pnpm-workspace.yaml", ...manifests]) {
    if (existsSync(join(root, file))) hash.update(file).update(readFileSync(join(root, file)));
  }
  return hash.digest("hex");
}

/** One line while the install runs; it counts the seconds where somebody watches. Returns what ends it. */
function showProgress() {
  const started = Date.now();
  const seconds = () => Math.round((Date.now() - started) / 1000);
  const line = `Installing Node 24 and the tools with ${pnpm} (about half a minute the first time)`;
  if (!process.stderr.isTTY) console.error(`${line} ...`);
  const draw = () => process.stderr.isTTY && process.stderr.write(`\r${line} ... ${seconds()} s`);
  const timer = setInterval(draw, 1000);
  return () => {
    clearInterval(timer);
    if (process.stderr.isTTY) process.stderr.write("\r\u001b[K");
    return seconds();
  };
}

/** Runs a command in a folder to its end and gives its exit code. `output` is "inherit", or a list that takes the output. */
function run(command, commandArgs, output, folder = ".") {
  // On Windows the tools are .cmd files, which only a shell starts; Node itself is started without one.
  const shell = isWindows && command !== pinnedNode;
  const stdio = output === "inherit" ? "inherit" : ["ignore", "pipe", "pipe"];
  const child = spawn(command, commandArgs, { cwd: join(root, folder), env, stdio, shell });
  if (output !== "inherit")
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (chunk) => output.push(String(chunk)));
  // A terminal sends its interrupt to the whole group, so the child has it already.
  const forward = (signal) =>
    void (signal === "SIGINT" && process.stdin.isTTY ? undefined : child.kill(signal));
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, forward);
  return new Promise((resolve) => {
    child.on("error", (error) => {
      if (output === "inherit") console.error(`${command}: ${error.message}`);
      else output.push(`${command}: ${error.message}\n`);
      resolve(1);
    });
    child.on("close", (code, signal) => {
      for (const name of ["SIGINT", "SIGTERM", "SIGHUP"]) process.off(name, forward);
      resolve(code ?? 128 + (constants.signals[signal] ?? 0));
    });
  });
}

/** The file of that name in a folder, such as `door` in benchmarks or `core/basic` among the examples. */
function fileIn(folder, wanted) {
  const file = `${folder}/${wanted}.ts`;
  if (wanted && existsSync(join(root, file))) return file;
  const files = folder === "benchmarks" ? filesOf(folder, "") : exampleFiles(folder);
  return stop(`usage: npm run ${name} -- ${files.join("|") || "NAME"}`, 2);
}

function filesOf(folder, prefix) {
  return readdirSync(join(root, folder))
    .filter((entry) => entry.endsWith(".ts") && !entry.includes(".test."))
    .map((entry) => `${prefix}${entry.slice(0, -3)}`);
}

/** Each framework has the same three. */
function exampleFiles(folder) {
  const names = ["basic", "stop-at-budget", "resume"];
  const frameworks = readdirSync(join(root, folder)).filter((entry) =>
    existsSync(join(root, folder, entry, "stop-at-budget.ts")),
  );
  return frameworks.flatMap((entry) => names.map((each) => `${entry}/${each}`));
}

function stop(sentence, code = 1) {
  console.error(sentence);
  process.exit(code || 1);
}
