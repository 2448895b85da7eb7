/** Runs one part of the demo. A mistake ends it with the sentence of its error; `WFLO_DEMO_STACKS=1` shows where it came from. */
export async function orSentence(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    console.error(
      process.env["WFLO_DEMO_STACKS"] ? error : `\n${error instanceof Error ? error.message : String(error)}`,
    );
    process.exitCode = 1;
  }
}
