/** What the parent asked of this process; see `Child`. A process whose parent is gone ends too. */
export function readTask<Task>(): Task {
  process.on("disconnect", () => process.exit(1));
  return JSON.parse(process.argv[2] ?? "null") as Task;
}

/** Tells the parent something. */
export function tell(message: object): Promise<void> {
  return new Promise((resolve) => void process.send?.(message, () => resolve()));
}
