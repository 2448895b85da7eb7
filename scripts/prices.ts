/**
 * Writes the price list that core carries from the installed `@pydantic/genai-prices`: `npm run prices -- <day it was published>`.
 * Core reads the data only; the package's own arithmetic is in floating point and it takes 100 ms to load.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { priceData } from "./checks/price-data.ts";

const [date] = process.argv.slice(2);
if (date === undefined || !/^\d{4}-\d{2}-\d{2}$/.test(date))
  throw new Error("Give the day on which the installed version was published, such as 2026-09-23.");
const entry = createRequire(import.meta.url).resolve("@pydantic/genai-prices");
const { version } = JSON.parse(readFileSync(join(entry, "../../package.json"), "utf8")) as {
  version: string;
};
const target = join(import.meta.dirname, "../packages/core/src/pricing/rates/price-data.ts");
writeFileSync(target, await priceData({ version, date }));
console.log(`${target} has the prices of genai-prices@${version}.`);
