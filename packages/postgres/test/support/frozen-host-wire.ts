const told = new Set<string>();
const waiting = new Map<string, PromiseWithResolvers<void>>();

/** Begins to listen to the host; ends with it. */
export function hearing(): void {
  process.on("message", (text) => {
    told.add(text as string);
    waiting.get(text as string)?.resolve();
  });
  process.on("disconnect", () => process.exit());
}

/** Resolves when the host has said this. */
export async function heard(text: string): Promise<void> {
  if (told.has(text)) return;
  const said = waiting.get(text) ?? Promise.withResolvers<void>();
  waiting.set(text, said);
  await said.promise;
}

/** Tells the host something. */
export function tell(text: string): void {
  process.send?.(text);
}
