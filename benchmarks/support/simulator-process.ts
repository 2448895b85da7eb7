import { startSimulator, type SimulatorReply } from "@wflo/testkit/simulator";
import { readTask, tell } from "./task.ts";

/** The provider simulator in a process of its own, so that its work is not measured as the client's. */
const reply = readTask<SimulatorReply>();
const simulator = await startSimulator({ reply: () => reply, keep: 0 });
await tell({ url: simulator.url });
