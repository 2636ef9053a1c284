/** A film of JPEGs in an AVI, 25 a second, of 64 x 48 points. */
export function aviOf(frames: readonly Buffer[]): Buffer {
  const largest = Math.max(...frames.map(({ length }) => length));
  const main = words(40_000, largest * 25, 0, 0x10, frames.length, 0, 1, largest, 64, 48, 0, 0, 0, 0);
  const stream = Buffer.concat([
    Buffer.from("vidsMJPG"),
    words(0, 0, 0, 1, 25, 0, frames.length, largest, 10_000, 0, 0, 0),
  ]);
  const format = Buffer.concat([words(40, 64, 48, 0x180001), Buffer.from("MJPG"), words(64 * 48 * 3, 0, 0, 0, 0)]);
  const header = list("hdrl", chunk("avih", main), list("strl", chunk("strh", stream), chunk("strf", format)));
  const pictures = frames.map((frame) => chunk("00dc", frame));
  let at = 4;
  const index = pictures.map((picture, number) => {
    const entry = Buffer.concat([Buffer.from("00dc"), words(0x10, at, frames[number]?.length ?? 0)]);
    at += picture.length;
    return entry;
  });
  const body = Buffer.concat([
    Buffer.from("AVI "),
    header,
    list("movi", ...pictures),
    chunk("idx1", Buffer.concat(index)),
  ]);
  return chunk("RIFF", body);
}

function chunk(name: string, data: Buffer): Buffer {
  return Buffer.concat([Buffer.from(name), words(data.length), data, Buffer.alloc(data.length % 2)]);
}

function list(name: string, ...chunks: readonly Buffer[]): Buffer {
  return chunk("LIST", Buffer.concat([Buffer.from(name), ...chunks]));
}

function words(...numbers: readonly number[]): Buffer {
  const buffer = Buffer.alloc(numbers.length * 4);
  numbers.forEach((number, at) => buffer.writeUInt32LE(number >>> 0, at * 4));
  return buffer;
}
