import { WRAPPER_OPTIONS, type OptionNames, type WrapperOptions } from "@wflo/core";

/** How the calls of a chat model are accounted for. */
export interface MeterOptions extends WrapperOptions {
  /**
   * Whose prices apply. Default: what the model itself tells (`ls_provider`); for a model of OpenAI's with another base URL, the
   * provider behind that.
   */
  readonly provider?: string | undefined;
}

/** The names of these options. */
export const METER_OPTIONS: OptionNames<MeterOptions> = { ...WRAPPER_OPTIONS, provider: true };
