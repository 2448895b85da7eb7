import { join } from "node:path";
import { build } from "tsdown";

/** Bundles a file of the app as it is done for a host without `node_modules`: one CommonJS file, which has all but PGlite's WASM. Gives its path. */
export async function bundleApp(app: string, file: string): Promise<string> {
  await build({
    cwd: app,
    config: false,
    entry: { bundled: file },
    outDir: "bundle",
    format: "cjs",
    dts: false,
    logLevel: "error",
    deps: {
      alwaysBundle: /^(?!@electric-sql\/pglite)/,
      neverBundle: /^@electric-sql\/pglite/,
      onlyBundle: false,
    },
  });
  return join(app, "bundle", "bundled.cjs");
}
