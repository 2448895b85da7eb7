import { WRAPPER_OPTIONS, type OptionNames, type WrapperOptions } from "@wflo/core";

/** How the calls of a model are accounted for. */
export interface MeterOptions extends WrapperOptions {
  /**
   * Whose prices apply. Default: what the model itself tells (`model.provider`); for a model of OpenAI's with another base URL, the
   * provider behind that; for one of a gateway, the provider that its id begins with.
   */
  readonly provider?: string | undefined;
}

/** The names of these options. */
export const METER_OPTIONS: OptionNames<MeterOptions> = { ...WRAPPER_OPTIONS, provider: true };
