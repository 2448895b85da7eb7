import { expect, test } from "vitest";
import { providerOfUrl } from "./provider-of-url.ts";

test.each([
  "aiplatform.googleapis.com",
  "europe-west1-aiplatform.googleapis.com",
  "aiplatform.eu.rep.googleapis.com",
])("a request to %s has Vertex's prices", (host) => {
  expect(providerOfUrl(`https://${host}/v1/projects/p/locations/l/endpoints/openapi`)).toBe("google-vertex");
});

test("a host that only ends in a similar name has not", () => {
  expect(providerOfUrl("https://myaiplatform.googleapis.com/v1")).toBe("openai");
});
