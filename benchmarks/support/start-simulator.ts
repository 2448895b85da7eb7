import type { SimulatorReply } from "@wflo/testkit/simulator";
import { Child } from "./child.ts";

/** Starts a simulated provider that gives every request the same answer; returns its base URL. */
export async function startSimulatorProcess(reply: SimulatorReply): Promise<string> {
  const child = new Child<{ readonly url: string }>("./simulator-process.ts", reply);
  return (await child.message()).url;
}
