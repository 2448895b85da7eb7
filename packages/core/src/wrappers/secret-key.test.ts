import { expect, test } from "vitest";
import { isSecretKey } from "./secret-key.ts";

test.each(
  "apiKey api_key OPENAI_API_KEY x-api-key openaiapikey _apiKey apiKey2 token accessToken auth_token TOKEN secret clientSecret password dbPassword authorization Authorization credentials cookie cookies setCookie privateKey secretAccessKey".split(
    " ",
  ),
)("%s is the name of a secret", (key) => {
  expect(isSecretKey(key)).toBe(true);
});

test.each(
  "tokens maxTokens max_tokens inputTokens tokenCount totalTokens validTokens tokenizer key keys publicKey passwordHint secretary cookieName author name".split(
    " ",
  ),
)("%s is not", (key) => {
  expect(isSecretKey(key)).toBe(false);
});
