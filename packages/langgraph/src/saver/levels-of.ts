const QUOTE = 34;
const BACKSLASH = 92;
/** `[` and `{`, `]` and `}`. */
const OPENING: ReadonlySet<number> = new Set([91, 123]);
const CLOSING: ReadonlySet<number> = new Set([93, 125]);

/** How many levels of lists and objects a JSON text has; read without recursion, so that any depth can be told. */
export function levelsOf(json: string): number {
  let [levels, most] = [0, 0];
  for (let at = 0; at < json.length; at++) {
    const code = json.charCodeAt(at);
    if (code === QUOTE) at = endOfText(json, at);
    else if (OPENING.has(code)) most = Math.max(most, ++levels);
    else if (CLOSING.has(code)) levels -= 1;
  }
  return most;
}

/** Where a text ends that begins at a quote. */
function endOfText(json: string, start: number): number {
  for (let end = json.indexOf('"', start + 1); end !== -1; end = json.indexOf('"', end + 1)) {
    let slashes = 0;
    while (json.charCodeAt(end - 1 - slashes) === BACKSLASH) slashes += 1;
    if (slashes % 2 === 0) return end;
  }
  return json.length;
}
