export type { PlayProgress } from "./verify/play.ts";
export { verify, type VerifyOptions } from "./verify/verify.ts";
export type { Percentiles, PromiseReport, VerifyReport } from "./verify/verify-report.ts";
