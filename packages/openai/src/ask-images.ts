import { imageTokens, type RequestPart } from "@wflo/core";
import type { Asking } from "./asked.ts";
import { askedNumber } from "./asked-counts.ts";
import { countOf, textOf, type Body, type NativeRequest } from "./native-request.ts";
import { tokenText } from "./token-text.ts";

/** The most that one request may ask for (OpenAI's API reference). */
const MOST_IMAGES = 10;
const MOST_PARTIAL_IMAGES = 3;
/** What a request without a model was meant for (OpenAI's API reference). */
const DEFAULT_MODEL = "dall-e-2";
/** Formats of one picture; others are many pictures, or the work of a second model. */
const STILL = new Set(["png", "webp", "jpeg"]);

/** A request to make, change or vary images. */
export const askImages: Asking = (native) => {
  const { fields, isWhole } = native;
  const model = textOf(fields["model"]) ?? DEFAULT_MODEL;
  const isNone = isWhole && fields["partial_images"] == null;
  const partialImages = isNone ? 0 : (countOf(fields["partial_images"]) ?? MOST_PARTIAL_IMAGES);
  const tokens = imageTokens(model, { size: fields["size"], quality: fields["quality"], partialImages });
  return {
    request: {
      model,
      parts: [tokenText(fields), ...imagesSent(native), ...otherWork(fields)],
      maxOutputTokens: tokens,
      outputs: isWhole ? askedNumber(fields["n"], MOST_IMAGES) : MOST_IMAGES,
      canCap: false,
    },
    // DALL·E's answers have none; they are charged at what was held for them.
    ...(model.startsWith("dall-e-") ? { silence: "images of DALL·E come without usage" } : {}),
  };
};

/** Pictures, whose tokens nothing in the request tells. */
function imagesSent({ fields, files }: NativeRequest): RequestPart[] {
  const inJson = [fields["images"], fields["image"], fields["mask"]].filter((value) => value != null);
  return [...files, ...inJson].map(() => ({ kind: "opaque", what: "an image" }));
}

function otherWork(fields: Body): RequestPart[] {
  const format = fields["output_format"] ?? "png";
  if (typeof format === "string" && STILL.has(format)) return [];
  return [{ kind: "unbounded", what: `output_format ${JSON.stringify(format)}` }];
}
