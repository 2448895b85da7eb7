/** The sentence for a parent that is the budget itself or has it above. `what` begins it. */
export function parentCircle(what: string, parent: string): string {
  return `${what}: ${parent} cannot be its parent, since it is that budget itself or has it above.`;
}

/** The sentence for a parent that is not there. `what` begins it. */
export function noParent(what: string, parent: string): string {
  return `${what}: there is no budget ${parent} to be its parent. Set that one first.`;
}
