import { deflateRawSync } from "node:zlib";
import { expect, it } from "vitest";
import { unzipped } from "../../automation/data/zip/unzipped.ts";

const DEFLATED = 8;

/** A zip with one packed file. @param says how many bytes its directory says that are */
function packed(content: Buffer, says = content.length): Buffer {
  const name = Buffer.from("one.txt");
  const bytes = deflateRawSync(content);
  const header = (signature: number, extra: number) => {
    const made = Buffer.alloc((extra === 0 ? 30 : 46) + name.length);
    made.writeUInt32LE(signature, 0);
    made.writeUInt16LE(DEFLATED, 8 + extra);
    made.writeUInt32LE(bytes.length, 18 + extra);
    made.writeUInt32LE(says, 22 + extra);
    made.writeUInt16LE(name.length, 26 + extra);
    name.copy(made, made.length - name.length);
    return made;
  };
  const local = Buffer.concat([header(0x04034b50, 0), bytes]);
  const directory = header(0x02014b50, 2);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(1, 8);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(local.length, 16);
  return Buffer.concat([local, directory, end]);
}

it("a small zip is read", async () => {
  expect(await unzipped(packed(Buffer.from("hello")))).toMatchObject([
    { name: "one.txt", bytes: Buffer.from("hello") },
  ]);
});

it.each([
  ["holds more than it says", packed(Buffer.alloc(1_000_000), 10)],
  ["says that it holds more than there is memory for", packed(Buffer.from("hello"), 3 * 1024 ** 3)],
  ["is none", Buffer.from("hello")],
])("one that %s is none", async (_, archive) => {
  expect(await unzipped(archive)).toBeUndefined();
});
