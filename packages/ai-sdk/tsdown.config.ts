import { defineConfig } from "tsdown";

export default defineConfig({
  entry: ["src/index.ts", "src/models.ts"],
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
