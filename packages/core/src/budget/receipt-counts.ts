/** What is added up of the receipts of a run. */
export interface ReceiptCounts {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly latencyMs: number;
  /** It tells a reason why there is no bill as expected. */
  readonly hasReason: boolean;
}

/** Reads them, for stores, out of a receipt, which may say anything: what is no count counts nothing. */
export function receiptCounts(receipt: unknown): ReceiptCounts {
  const usage = fieldOf(receipt, "usage");
  return {
    inputTokens: countOf(fieldOf(usage, "inputTokens")),
    outputTokens: countOf(fieldOf(usage, "outputTokens")),
    latencyMs: countOf(fieldOf(receipt, "latencyMs")),
    hasReason: (fieldOf(receipt, "reason") ?? undefined) !== undefined,
  };
}

function fieldOf(value: unknown, field: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, field) : undefined;
}

function countOf(value: unknown): number {
  return Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : 0;
}
