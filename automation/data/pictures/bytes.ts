/** A file of which pieces can be had: an object of a bucket, a file of a folder. */
export interface FileBytes {
  /** Bytes. */
  readonly size: number;
  /** Bytes from an offset; fewer where the file ends before. */
  range(offset: number, length: number): Promise<Buffer>;
}

/** What is asked for first: the sizes of most pictures stand in it, and small pictures come whole. */
const HEAD = 64 * 1024;
/** The end of a file, in which what ends a picture must stand. */
const TAIL = 64 * 1024;
const PIECE = 16 * 1024;

/** The bytes of one file, of which no piece is asked for twice. */
export class Bytes {
  readonly size: number;
  private readonly file: FileBytes;
  private readonly held: { offset: number; bytes: Buffer }[] = [];

  constructor(file: FileBytes) {
    this.file = file;
    this.size = file.size;
  }

  head(): Promise<Buffer> {
    return this.at(0, Math.min(this.size, HEAD));
  }

  /** The last 64 KiB: all of a smaller file. */
  async tail(): Promise<{ offset: number; bytes: Buffer }> {
    const offset = Math.max(0, this.size - TAIL);
    return { offset, bytes: await this.at(offset, this.size - offset) };
  }

  /** Bytes from an offset; fewer where the file ends before. */
  async at(offset: number, length: number): Promise<Buffer> {
    const end = Math.min(this.size, offset + length);
    if (offset >= end) return Buffer.alloc(0);
    const held = this.held.find((one) => one.offset <= offset && end <= one.offset + one.bytes.length);
    if (held) return held.bytes.subarray(offset - held.offset, end - held.offset);
    // A little more than was asked for: most who read a piece read on behind it.
    const bytes = await this.file.range(offset, Math.min(this.size - offset, Math.max(length, PIECE)));
    this.held.push({ offset, bytes });
    return bytes.subarray(0, end - offset);
  }
}
