const encoder = new TextEncoder();
const scratch = new Uint8Array(64 * 1024);

/** How many bytes a text takes in UTF-8. A lone surrogate counts as the three bytes it is sent as. */
export function utf8Length(text: string): number {
  if (text.length * 3 <= scratch.length) return encoder.encodeInto(text, scratch).written;
  let length = 0;
  for (let at = 0; at < text.length;) {
    const { read, written } = encoder.encodeInto(at === 0 ? text : text.slice(at), scratch);
    length += written;
    at += read;
  }
  return length;
}
