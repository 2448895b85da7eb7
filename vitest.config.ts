import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Tests that need a Postgres server: all of @wflo/postgres, and any other test named so. */
const POSTGRES_TESTS = [
  "packages/postgres/{src,test}/**/*.test.ts",
  "{packages,apps,benchmarks}/**/*.pg.test.ts",
];
const IGNORED = ["**/node_modules/**", "**/dist/**"];

/** They take half a minute and more: begun first, none of them runs alone at the end. */
const SLOW = /demo|conformance|pglite|kills|frozen-host|adapter-suite|verify|examples|studio/;

class SlowFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isSlow = ({ moduleId }: TestSpecification): boolean => SLOW.test(moduleId);
    return [...sorted.filter(isSlow), ...sorted.filter((file) => !isSlow(file))];
  }
}

export default defineConfig({
  test: {
    sequence: { sequencer: SlowFirst },
    // Far more than any of them needs: these are for tests that hang, not for machines that are slow.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 30_000 } },
    // Races are tested with processes and threads of their own: leave room for them.
    maxWorkers: 2,
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          // Files share their modules, which take a third of the time to load anew for each.
          pool: "threads",
          isolate: false,
          include: [
            "packages/*/src/**/*.test.ts",
            "packages/{core,testkit,openai,langgraph,ai-sdk,mastra,wflo}/test/**/*.test.ts",
            "{apps/*,benchmarks,scripts}/**/*.test.ts",
          ],
          exclude: [...IGNORED, ...POSTGRES_TESTS],
        },
      },
      {
        extends: true,
        test: {
          name: "postgres",
          isolate: false,
          include: POSTGRES_TESTS,
          exclude: IGNORED,
          globalSetup: ["packages/postgres/test/support/postgres-server.ts"],
        },
      },
    ],
  },
});
