/** What a film says of itself. */
export interface Film {
  width: number;
  height: number;
  /** Frames. */
  length: number;
}

/** An MP4 or QuickTime film's own tables; undefined where these bytes are none. Other containers are not read here. */
export function filmOf(bytes: Buffer): Film | undefined {
  try {
    for (const track of boxes(bytes, ["moov", "trak"])) {
      const [sizes] = boxes(track, ["mdia", "minf", "stbl", "stsz"]);
      const [handler] = boxes(track, ["mdia", "hdlr"]);
      const [entry] = boxes(track, ["mdia", "minf", "stbl", "stsd"]);
      if (!sizes || !entry || handler?.toString("latin1", 8, 12) !== "vide") continue;
      // The first sample entry: 8 bytes of the list, 8 of its own head, 24 before the size.
      return { width: entry.readUInt16BE(40), height: entry.readUInt16BE(42), length: sizes.readUInt32BE(8) };
    }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  return undefined;
}

/** The contents of every box at a path. */
function boxes(bytes: Buffer, [name, ...rest]: readonly string[]): Buffer[] {
  if (name === undefined) return [bytes];
  const found: Buffer[] = [];
  let at = 0;
  while (at + 8 <= bytes.length) {
    const short = bytes.readUInt32BE(at);
    const head = short === 1 ? 16 : 8;
    const size = short === 1 ? Number(bytes.readBigUInt64BE(at + 8)) : short === 0 ? bytes.length - at : short;
    if (size < head) return found;
    if (bytes.toString("latin1", at + 4, at + 8) === name) {
      // A film that is cut off ends here.
      if (at + size > bytes.length) return found;
      found.push(...boxes(bytes.subarray(at + head, at + size), rest));
    }
    at += size;
  }
  return found;
}
