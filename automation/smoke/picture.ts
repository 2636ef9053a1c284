import sharp from "sharp";

/** What is drawn: four quarters, each of its own colour, so that a picture turned, cut off or of somebody else is told apart. */
export const PICTURE = { name: "smoke-test.png", width: 64, height: 48 } as const;
const CHANNELS = 3;
const QUARTERS = [
  [200, 40, 40],
  [40, 170, 60],
  [40, 60, 200],
  [210, 190, 50],
] as const;
/** By how much a JPEG of a fair quality may be off in the middle of a quarter. */
const TOLERANCE = 24;

export async function drawn(): Promise<Buffer> {
  const { width, height } = PICTURE;
  const pixels = Buffer.alloc(width * height * CHANNELS);
  for (let at = 0; at < width * height; at++) {
    const [x, y] = [at % width, Math.floor(at / width)];
    pixels.set(QUARTERS[(x < width / 2 ? 0 : 1) + (y < height / 2 ? 0 : 2)] ?? [], at * CHANNELS);
  }
  return sharp(pixels, { raw: { width, height, channels: CHANNELS } })
    .png()
    .toBuffer();
}

/**
 * Whether bytes are the drawn picture, coded anew or not.
 * @returns what is wrong with them; undefined where they are
 */
export async function whyNotDrawn(bytes: Buffer): Promise<string | undefined> {
  const found = await sharp(bytes, { failOn: "truncated" })
    .removeAlpha()
    .toColourspace("srgb")
    .raw()
    .toBuffer({ resolveWithObject: true })
    .catch((error: unknown) => (error as Error).message.split("\n")[0] ?? "");
  if (typeof found === "string") return `is no picture: ${found}`;
  const { data, info } = found;
  const { width, height, channels } = info;
  if (width !== PICTURE.width || height !== PICTURE.height)
    return `is ${width} x ${height}, and ${PICTURE.width} x ${PICTURE.height} was sent`;
  for (const [quarter, colour] of QUARTERS.entries()) {
    const x = Math.floor(width * (quarter % 2 === 0 ? 0.25 : 0.75));
    const y = Math.floor(height * (quarter < 2 ? 0.25 : 0.75));
    const seen = [...data.subarray((y * width + x) * channels, (y * width + x) * channels + CHANNELS)];
    if (seen.some((value, at) => Math.abs(value - (colour[at] ?? 0)) > TOLERANCE))
      return `has the colour ${seen.join(", ")} where ${colour.join(", ")} was drawn`;
  }
  return undefined;
}
