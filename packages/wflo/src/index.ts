export type { PlayProgress } from "./verify/play.ts";
export { verify } from "./verify/verify.ts";
export type { VerifyOptions } from "./verify/verify-options.ts";
export type { PromiseReport, VerifyReport } from "./verify/verify-report.ts";
