import { defineConfig } from "tsdown";

export default defineConfig({
  // Flat: `worker-file.ts` finds the worker beside whatever file it ends up in.
  entry: { index: "src/index.ts", bin: "src/bin.ts", worker: "src/verify/worker.ts" },
  format: "esm",
  platform: "node",
  target: "node22",
  dts: true,
  tsconfig: "tsconfig.build.json",
  sourcemap: true,
  clean: true,
  // ".js", as the exports of the package say.
  fixedExtension: false,
});
