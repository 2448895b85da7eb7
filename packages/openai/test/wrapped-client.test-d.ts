import { wfloOpenAI } from "@wflo/openai";
import type OpenAI from "openai";
import type { AzureOpenAI } from "openai";

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
interface Mine extends OpenAI {
  tell(): string;
}

/** Compiled, never run: the wrapped client has the type of the client. */
export function wrappedTypes(client: OpenAI, azure: AzureOpenAI, mine: Mine): readonly true[] {
  const wrapped = wfloOpenAI(client, { budget: "1.00" });
  const wrappedAzure = wfloOpenAI(azure);
  const wrappedMine = wfloOpenAI(mine);
  const same: Same<typeof wrapped, OpenAI> = true;
  const sameAzure: Same<typeof wrappedAzure, AzureOpenAI> = true;
  const sameMine: Same<typeof wrappedMine, Mine> = true;
  // @ts-expect-error an unknown option
  wfloOpenAI(client, { budgett: "1.00" });
  return [same, sameAzure, sameMine];
}
