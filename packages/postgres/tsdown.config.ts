import { defineConfig } from "tsdown";
import { migrationTexts } from "./src/migration-texts.ts";

export default defineConfig({
  entry: ["src/index.ts", "src/pglite.ts"],
  format: "esm",
  platform: "node",
  target: "node22",
  dts: true,
  tsconfig: "tsconfig.build.json",
  sourcemap: true,
  clean: true,
  plugins: [
    {
      name: "migrations-inside",
      load: (id) =>
        id.endsWith("/src/migration-texts.ts")
          ? `export const migrationTexts = ${JSON.stringify(migrationTexts)};`
          : undefined,
    },
  ],
  // ".js", as the exports of the package say.
  fixedExtension: false,
});
