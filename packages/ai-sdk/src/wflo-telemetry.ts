import { bindWrapper, currentRun } from "@wflo/core";
import type { Telemetry } from "ai";

/**
 * Tells of calls of language models inside of runs that nobody metered, which no budget stops: each as an event (`call-unmetered`), each model
 * once as a warning. Importing this package registers it for the whole process; a call with `telemetry.integrations` of its own needs it
 * among those.
 */
export function wfloTelemetry(): Telemetry {
  const bind = bindWrapper({});
  return {
    async executeLanguageModelCall({ provider = "unknown", modelId = "unknown", execute }) {
      if (currentRun() === undefined) return execute();
      const { wflo } = await bind();
      return wflo.reportUnlessMetered({ provider, what: modelId }, execute);
    },
  };
}
