/** Hosts that keep a request in a region, which some models cost more for. Nothing in their answers tells it. */
const REGIONAL = [
  // OpenAI's data residency, such as eu.api.openai.com.
  /^[a-z]{2}\.api\.openai\.com$/,
  // Vertex but for its global endpoint: us-east5-aiplatform.googleapis.com, and aiplatform.eu.rep.googleapis.com for several regions.
  /^[a-z]+(?:-[a-z]+)*\d+-aiplatform\.googleapis\.com$/,
  /^aiplatform\.[a-z\d-]+\.rep\.googleapis\.com$/,
];

/** What the host that a request is sent to changes in its price. */
export function hostModifiers(host: string | undefined): readonly string[] {
  const name = host?.toLowerCase().replace(/:\d+$/, "") ?? "";
  return REGIONAL.some((pattern) => pattern.test(name)) ? ["endpoint:regional"] : [];
}
