import { access, constants } from "node:fs/promises";
import { delimiter, join } from "node:path";

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/** Where Chromium is: `CHROMIUM`, or one on the path. Throws a sentence that says what to do when there is none. */
export async function findChromium(): Promise<string> {
  const given = process.env["CHROMIUM"];
  if (given) return given;
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  for (const file of folders.flatMap((folder) => NAMES.map((name) => join(folder, name)))) {
    const isThere = await access(file, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (isThere) return file;
  }
  throw new Error(
    "There is no Chromium on the path. Install one (Debian: apt-get install -y chromium), or set CHROMIUM to where it is.",
  );
}
