const SECRET =
  /(?:(?:api|private|secret|access|auth|signing|encryption)keys?|secrets?|passwords?|passwd|passphrase|authorization|credentials?|cookies?|bearer|(?:api|auth|access|refresh|bearer|session)tokens?)$/;
const TOKEN = /(?:^|[^a-z])token$/;

/** Whether a key is named like a secret: `apiKey`, `OPENAI_API_KEY`, `token`; not `maxTokens`, `tokens` or `tokenCount`. */
export function isSecretKey(key: string): boolean {
  const words = key
    .replaceAll(/([a-z0-9])([A-Z])/g, "$1 $2")
    .toLowerCase()
    .replace(/[^a-z]+$/, "");
  return TOKEN.test(words) || SECRET.test(words.replaceAll(/[^a-z]/g, ""));
}
