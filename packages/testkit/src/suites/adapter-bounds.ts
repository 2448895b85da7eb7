import { deflateSync } from "node:zlib";
import { usd, type CallStart } from "@wflo/core";
import { expect } from "vitest";
import {
  adapterCase,
  type AdapterCallOptions,
  type AdapterCase,
  type AdapterUnderTest,
} from "./adapter-case.ts";
import type { AdapterDesk } from "./adapter-desk.ts";

/** Text of which every byte is a token: so many there are at most. */
const TOOL_BYTES = 200_000;
const PROMPT_BYTES = 1_000_000;
/**
 * A large picture for the model under test: 1,536 patches of 2.46 tokens, which is what somebody was billed for one
 * (community.openai.com/t/1344040, 3,814 with 35 of text, stored copy read on 2026-11-22).
 */
const IMAGE_TOKENS = 3_779;
/** So small that the input is all that matters. */
const maxOutputTokens = 16;

/** What is held for requests that are large in other ways than by their number of words. */
export const adapterBoundsCases: readonly AdapterCase[] = [
  adapterCase("holds no less than a prompt of a megabyte can cost", async (desk) => {
    await desk.answers({ inputTokens: PROMPT_BYTES, outputTokens: 1 });
    await expectBounded(desk, await desk.adapter(), "!".repeat(PROMPT_BYTES), {});
  }),
  adapterCase("holds no less than the description of a tool can cost", async (desk) => {
    await desk.answers({ inputTokens: TOOL_BYTES, outputTokens: 1 });
    const description = "!".repeat(TOOL_BYTES);
    const parameters = { type: "object", properties: { city: { type: "string" } } };
    const tools = [{ name: "weather", description, parameters }];
    await expectBounded(desk, await desk.adapterWith("tools"), "Hi", { tools });
  }),
  adapterCase("holds no less than an image can cost, however few bytes it has", async (desk) => {
    await desk.answers({ inputTokens: IMAGE_TOKENS, imageTokens: IMAGE_TOKENS, outputTokens: 1 });
    await expectBounded(desk, await desk.adapterWith("image"), "What is this?", { image: emptyPicture() });
  }),
];

/** What a call may cost, as it is told before it is sent, is no less than its bill, which it is charged exactly. */
async function expectBounded(
  desk: AdapterDesk,
  adapter: AdapterUnderTest,
  prompt: string,
  options: AdapterCallOptions,
): Promise<void> {
  const starts: CallStart[] = [];
  desk.wflo.on("call-start", (event) => starts.push(event));
  await desk.budget("100.00");
  await adapter.text(prompt, { ...options, maxOutputTokens });
  const billed = usd(desk.billed()).nanoUsd;
  expect(usd(starts[0]?.bound ?? 0).nanoUsd).toBeGreaterThanOrEqual(billed);
  const [line] = await desk.lines(1);
  expect(line).toMatchObject({ kind: "settle", charged: desk.billed() });
  expect(await desk.window()).toMatchObject({ overrun: "0.00", reserved: "0.00" });
}

const SIDE = 2_048;

/** A data URL of a black PNG, 2,048 pixels wide and high, in less than a kilobyte. */
function emptyPicture(): string {
  const size = new Uint8Array(13);
  const view = new DataView(size.buffer);
  view.setUint32(0, SIDE);
  view.setUint32(4, SIDE);
  // One bit a pixel, shades of grey.
  view.setUint8(8, 1);
  const rows = deflateSync(new Uint8Array((SIDE / 8 + 1) * SIDE), { level: 9 });
  const png = Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunkOf("IHDR", size),
    chunkOf("IDAT", rows),
    chunkOf("IEND", new Uint8Array()),
  ]);
  return `data:image/png;base64,${png.toString("base64")}`;
}

function chunkOf(type: string, data: Uint8Array): Uint8Array {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const around = Buffer.alloc(8);
  around.writeUInt32BE(data.length, 0);
  around.writeUInt32BE(crcOf(body), 4);
  return Buffer.concat([around.subarray(0, 4), body, around.subarray(4)]);
}

/** The check sum of PNG (CRC-32, as in its annex D); `node:zlib` has one only from Node 22.2 on. */
function crcOf(bytes: Uint8Array): number {
  let crc = 0xffff_ffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ 0xedb8_8320 : crc >>> 1;
  }
  return ~crc >>> 0;
}
