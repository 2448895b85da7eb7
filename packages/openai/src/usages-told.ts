const MARK = /["{}[\]]/g;
const USAGE = /"usage"\s*:\s*\{/y;
/** A usage is not longer than this. Characters. */
const MAX_USAGE = 16_384;

/**
 * Every usage that the JSON text of an answer tells as its own: among its fields, where one may stand twice, or in an object among
 * them, as a proxy adds it. What stands in a list or deeper may be anybody's: an example in the tools of an MCP server is no bill.
 */
export function usagesTold(text: string): unknown[] {
  const told: unknown[] = [];
  let objects = 0;
  let lists = 0;
  MARK.lastIndex = 0;
  for (let mark = MARK.exec(text); mark !== null; mark = MARK.exec(text)) {
    if (mark[0] === "{") objects += 1;
    else if (mark[0] === "}") objects -= 1;
    else if (mark[0] === "[") lists += 1;
    else if (mark[0] === "]") lists -= 1;
    else {
      USAGE.lastIndex = mark.index;
      if (lists === 0 && objects <= 2 && USAGE.test(text)) told.push(objectAt(text, USAGE.lastIndex - 1));
      MARK.lastIndex = endOfText(text, mark.index);
    }
  }
  return told;
}

/** Behind the quote that ends the text that begins at an index. */
function endOfText(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end !== -1; end = text.indexOf('"', end + 1)) {
    let before = end;
    while (text[before - 1] === "\\") before -= 1;
    if ((end - before) % 2 === 0) return end + 1;
  }
  return text.length;
}

/** The JSON object that begins at an index. A brace within a text ends it early, and then it is none. */
function objectAt(text: string, start: number): unknown {
  const part = text.slice(start, start + MAX_USAGE);
  let depth = 0;
  for (let at = 0; at < part.length; at += 1) {
    if (part[at] === "{") depth += 1;
    if (part[at] === "}") depth -= 1;
    if (depth === 0) return parsed(part.slice(0, at + 1));
  }
  return undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
