type Size = "1024x1024" | "1024x1536" | "1536x1024";
type Table = Readonly<Record<string, Readonly<Record<Size, number>>>>;

/**
 * Tokens of one image by quality and size, as OpenAI's image guide has them for gpt-image-1, -1-mini and -1.5
 * (community.openai.com/t/1275254 and /t/1371851, which quote it, stored copies read on 2026-11-22).
 */
const FIRST: Table = {
  low: { "1024x1024": 272, "1024x1536": 408, "1536x1024": 400 },
  medium: { "1024x1024": 1_056, "1024x1536": 1_584, "1536x1024": 1_568 },
  high: { "1024x1024": 4_160, "1024x1536": 6_240, "1536x1024": 6_208 },
};

/**
 * The same for gpt-image-2, whose guide tells dollars only: the most tokens at $30 a million that round to them
 * (yingtu.ai/en/blog/gpt-image-2-cost-per-image, which quotes them, stored copy read on 2026-11-22).
 */
const SECOND: Table = {
  low: { "1024x1024": 217, "1024x1536": 184, "1536x1024": 184 },
  medium: { "1024x1024": 1_784, "1024x1536": 1_384, "1536x1024": 1_384 },
  high: { "1024x1024": 7_050, "1024x1536": 5_517, "1536x1024": 5_517 },
};

const PARTIAL_IMAGE_TOKENS = 100;

const MODELS: readonly { readonly ids: RegExp; readonly table: Table; readonly anySize: boolean }[] = [
  { ids: /^gpt-image-1(?:-mini|\.5)?(?:-\d{4}-\d{2}-\d{2})?$/, table: FIRST, anySize: false },
  // Of sizes that it is free to choose, nobody knows which.
  { ids: /^gpt-image-2(?:-\d{4}-\d{2}-\d{2})?$/, table: SECOND, anySize: true },
];

/** What one image was asked to be. */
export interface ImageWish {
  readonly size: unknown;
  readonly quality: unknown;
  readonly partialImages: number;
}

/** The most output tokens that one image takes; undefined where no table that could be checked tells it. */
export function imageTokens(model: string, { size, quality, partialImages }: ImageWish): number | undefined {
  const known = MODELS.find(({ ids }) => ids.test(model));
  if (known === undefined || (known.anySize && isOpen(size))) return undefined;
  const rows = isOpen(quality) ? Object.values(known.table) : [known.table[String(quality)]];
  const counts = rows.flatMap((row): (number | undefined)[] => {
    if (row === undefined) return [undefined];
    return isOpen(size) ? Object.values(row) : [row[String(size) as Size]];
  });
  let most = 0;
  for (const count of counts) {
    if (count === undefined) return undefined;
    most = Math.max(most, count);
  }
  return most + PARTIAL_IMAGE_TOKENS * partialImages;
}

/** Left to the model. */
function isOpen(value: unknown): boolean {
  return value === undefined || value === null || value === "auto";
}
