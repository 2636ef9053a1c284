import { describe, expect, it } from "vitest";
import { decode } from "../../automation/data/pictures/decode.ts";
import { FilmReader } from "../../automation/data/pictures/film.ts";
import { extensionOf, mediaOf, promisedFormat } from "../../automation/data/pictures/media.ts";
import { lookAtPicture, shownSize } from "../../automation/data/pictures/picture.ts";
import { aviOf } from "../data/pictures/avi.ts";
import { bytesOfBuffer } from "../data/pictures/bytes.ts";
import {
  draw,
  drawBroken,
  jpegTurnedByXmp,
  jpegWithBlock,
  pngTurnedBehind,
  pngTurnedByText,
} from "../data/pictures/draw.ts";

describe("a picture by its header and its end", () => {
  it.each(["jpeg", "png", "webp", "tiff", "gif"] as const)("%s: format, size, turn", async (kind) => {
    const format = { jpeg: "JPEG", png: "PNG", webp: "WebP", tiff: "TIFF", gif: "GIF" }[kind];
    expect(await lookAtPicture(bytesOfBuffer(await draw(kind)))).toMatchObject({
      format,
      header: { width: 64, height: 48, turn: 1, depth: 8 },
    });
    if (kind === "gif") return;
    const { header, problem } = await lookAtPicture(bytesOfBuffer(await draw(kind, { turn: 6 })));
    expect([problem, header && shownSize(header)]).toEqual([undefined, { width: 48, height: 64 }]);
  });

  it("the broken kinds, each by its name", async () => {
    const broken = await drawBroken();
    expect(broken.length).toBeGreaterThanOrEqual(12);
    for (const { name, bytes, problem } of broken) {
      const look = await lookAtPicture(bytesOfBuffer(bytes));
      expect([name, look.problem?.kind]).toEqual([name, problem]);
    }
  });

  it("a turn that stands in XMP, behind the pixels, or in a packed text", async () => {
    const turned = [await jpegTurnedByXmp(6), await pngTurnedBehind(8), await pngTurnedByText(6)];
    const turns = await Promise.all(
      turned.map(async (bytes) => (await lookAtPicture(bytesOfBuffer(bytes))).header?.turn),
    );
    expect(turns).toEqual([6, 8, 6]);
  });

  it("reads 128 KiB of a large picture, and only a header where no end is wanted", async () => {
    const bytes = bytesOfBuffer(await draw("jpeg", { width: 2000, height: 1500 }));
    expect(bytes.size).toBeGreaterThan(500_000);
    expect(await lookAtPicture(bytes)).toMatchObject({ header: { width: 2000, height: 1500 } });
    expect([bytes.calls, bytes.read]).toEqual([2, 131_072]);
    bytes.calls = 0;
    expect((await lookAtPicture(bytes, { ends: false })).header).toMatchObject({ width: 2000 });
    expect(bytes.calls).toBe(1);
  });

  it("finds the size behind blocks of 300,000 bytes without reading these", async () => {
    const bytes = bytesOfBuffer(await jpegWithBlock(300_000));
    expect((await lookAtPicture(bytes)).header).toMatchObject({ width: 64 });
    expect(bytes.read).toBeLessThan(250_000);
  });

  it("a film behind a JPEG's end, as cameras write, does not make it cut off", async () => {
    const picture = await draw("jpeg");
    let state = 7;
    const film = Buffer.from(
      Array.from({ length: 200_000 }, () => (state = (state * 1103515245 + 12345) % 2 ** 31) >> 16),
    );
    expect((await lookAtPicture(bytesOfBuffer(Buffer.concat([picture, film])))).problem).toBeUndefined();
    const zeros = Buffer.concat([picture.subarray(0, -2), Buffer.alloc(200_000)]);
    expect((await lookAtPicture(bytesOfBuffer(zeros))).problem?.kind).toBe("cutOff");
  });

  it("a sound header over pixels that are none is found by decoding alone", async () => {
    const bytes = await draw("png", { width: 320, height: 240 });
    const damaged = Buffer.from(bytes);
    damaged.fill(0x55, 100_000, 100_200);
    expect((await lookAtPicture(bytesOfBuffer(damaged))).problem).toBeUndefined();
    expect((await decode(damaged))?.kind).toBe("undecodable");
    expect(await decode(bytes)).toBeUndefined();
  });
});

it("what a name is taken for, as Python's mimetypes has it", () => {
  const names = [
    "a.jpg",
    "a/b.JPG",
    "a.jpg.gz",
    "a.mp4",
    "a.MKV",
    "a.zip",
    "a.tar.gz",
    "a.pdf",
    "a.txt",
    "a",
    ".jpg",
    "a.bin",
  ];
  expect(names.map((name) => mediaOf(name))).toEqual([
    ...[
      "picture",
      "picture",
      "picture",
      "film",
      "film",
      "archive",
      "archive",
      "pdf",
      "other",
      "other",
      "other",
      "picture",
    ],
  ]);
  expect(["a/b.c.jpeg", ".jpg", "a/..x", "a.b/c", "x."].map(extensionOf)).toEqual([".jpeg", "", "", "", "."]);
  expect(["a.JPE", "a.tif", "a.tga"].map(promisedFormat)).toEqual(["JPEG", "TIFF", undefined]);
});

it("a film's codec, size, frames and length, and one that is cut off", async () => {
  const reader = new FilmReader();
  const avi = aviOf(await Promise.all(Array.from({ length: 12 }, (_, seed) => draw("jpeg", { seed: seed + 1 }))));
  expect((await reader.look(bytesOfBuffer(avi))).film).toMatchObject({
    ...{ container: "AVI", codec: "JPEG", width: 64, height: 48, frames: 12, seconds: 0.48 },
  });
  const looks = await Promise.all(
    [avi.subarray(0, avi.length / 2), Buffer.from("not a film at all, but some text"), Buffer.alloc(0)].map((bytes) =>
      reader.look(bytesOfBuffer(bytes)),
    ),
  );
  expect(looks.map(({ problem }) => problem)).toEqual([
    "it is cut off before its end",
    "it is no film, or its index is missing",
    "it has zero bytes",
  ]);
  await reader.close();
});
