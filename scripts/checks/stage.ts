/** What a stage found. Every stage counts at least one check. */
export interface StageResult {
  readonly passed: number;
  readonly failed: number;
  /** A few words for the line of the stage. */
  readonly note?: string;
  /** What to read when something failed. */
  readonly details?: string;
}

/** One part of `npm test`. */
export interface Stage {
  readonly name: string;
  /** The stages that must have passed; else this one fails without being run. */
  readonly needs?: readonly string[];
  run(): Promise<StageResult>;
}

/** Runs stages in order, to the end even if some fail, and prints a line for each. */
export async function runStages(
  stages: readonly Stage[],
  print: (line: string) => void,
): Promise<StageResult> {
  const broken = new Set<string>();
  let passed = 0;
  let failed = 0;
  for (const stage of stages) {
    const startedMs = performance.now();
    const missing = stage.needs?.find((name) => broken.has(name));
    const result = missing
      ? { passed: 0, failed: 1, note: `not run: ${missing} failed` }
      : await runSafely(stage);
    const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
    if (result.failed > 0) broken.add(stage.name);
    passed += result.passed;
    failed += result.failed;
    print(
      `${result.failed > 0 ? "FAIL" : "ok  "} ${stage.name.padEnd(10)} ${seconds.padStart(6)} s  ${result.note ?? ""}`.trimEnd(),
    );
    if (result.failed > 0 && result.details) print(result.details.trimEnd());
  }
  return { passed, failed };
}

async function runSafely(stage: Stage): Promise<StageResult> {
  try {
    return await stage.run();
  } catch (error) {
    return {
      passed: 0,
      failed: 1,
      details: error instanceof Error ? (error.stack ?? error.message) : String(error),
    };
  }
}
