import { join } from "node:path";

/** The repository: its own pages are what the examples read. */
export const folder = join(import.meta.dirname, "../../..");

/** What they are asked. */
export const question = "How do budgets and checkpoints help a resumed run?";

/** Where runs are kept between processes. */
export const stateFolder = process.env["WFLO_FOLDER"] ?? join(folder, ".wflo");
