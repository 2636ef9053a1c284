import { symlink } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { classNames } from "../../automation/data/labels/class-names.ts";
import { matched } from "../../automation/data/labels/match.ts";
import { Problems } from "../../automation/data/labels/problems.ts";
import { readLabels } from "../../automation/data/labels/text.ts";
import { classesOf, labelTree } from "../../automation/data/labels/tree.ts";
import { laidFolders, type LaidFolders } from "../data/laid.ts";

const BOX = "0 0.5 0.5 0.25 0.125\n";
let folders: LaidFolders;
beforeAll(async () => {
  folders = await laidFolders();
});
afterAll(() => folders.remove());

const laid = (files: Record<string, string>) => folders.laid(files);

const pictures = async (place: string) =>
  Object.fromEntries(
    (await labelTree(place)).subsets.map(({ name, files }) => [
      name,
      files.map(({ file, picture }) => `${file} > ${picture}`),
    ]),
  );

describe("a label file", () => {
  test("has boxes by class", () => {
    const { boxes, problems, plain } = readLabels("0 0.5 0.5 0.1 0.1\n3 0 1 1 1.0\n0 0.25 0.75 0.5 0.5\n", 4);
    expect(Object.fromEntries(boxes)).toEqual({ 0: 2, 3: 1 });
    expect([problems, plain]).toEqual([[], undefined]);
  });

  test("may be empty, and may be written otherwise than CVAT reads it", () => {
    expect(readLabels("").problems).toEqual([]);
    expect(readLabels("\n\n")).toMatchObject({ problems: [], plain: "" });
    expect(readLabels(`\ufeff0 0.5 0.5 .25 1e-1\r\n\r\n1\t0.1  0.1 0.1 0.1`)).toMatchObject({
      problems: [],
      plain: "0 0.5 0.5 .25 1e-1\n1\t0.1  0.1 0.1 0.1\n",
    });
  });

  test.each([
    ["0 0.5 0.5 0.1", 'class x y width height: "0 0.5 0.5 0.1"'],
    ["0 0.5 0.5 0.1 0.1 0.9", "may be a confidence"],
    ["0 0.1 0.1 0.2 0.2 0.3 0.3", "there are 7: outlines"],
    ["0 0,5 0,5 0,1 0,1", "with a point and not with a comma"],
    ["0 nan 0.5 0.1 0.1", 'x is no number: "nan"'],
    ["0 0.5 inf 0.1 0.1", "y is no number"],
    ["0 0.5 0.5 0x1 0.1", "width is no number"],
    ["0 0.5 0.5 1.5 0.1", "width is a share of the picture, from 0 to 1"],
    ["0 -0.1 0.5 0.5 0.1", "x is a share"],
    ["0 0.5 0.5 0.5 1e1", "height is a share"],
    ["car 0.5 0.5 0.5 0.1", "the class is a whole number"],
    ["1.0 0.5 0.5 0.5 0.1", "the class is a whole number"],
    ["-1 0.5 0.5 0.5 0.1", "the class is a whole number"],
    ["4 0.5 0.5 0.5 0.1", "class 4 has no name: there are 4 classes, 0 to 3"],
    ["\u001b[31m 1", "5 numbers are needed"],
  ])("is told by its line what is wrong: %j", (line, problem) => {
    const { problems } = readLabels(`${BOX}${line}\n${BOX}`, 4);
    expect(problems).toHaveLength(1);
    expect(problems[0]?.line).toBe(2);
    expect(problems[0]?.problem).toContain(problem);
    expect(problems[0]?.problem).not.toContain("\u001b");
  });
});

describe("names of classes", () => {
  test("stand in lines, in a list or in a map by number", () => {
    expect(classNames("obj.names", "\ufeffball\r\nplayer one\r\n\r\n")).toEqual(["ball", "player one"]);
    expect(classNames("data.yaml", "nc: 2\nnames: [yes, 1]\n")).toEqual(["yes", "1"]);
    expect(classNames("data.yaml", "names:\n  1: player\n  0: ball\n")).toEqual(["ball", "player"]);
  });

  test.each([
    ["data.yaml", "names: {0: a, 2: b}", "the numbers below names go from 0 on"],
    ["data.yaml", "train: x", "names no classes"],
    ["data.yaml", "names: [a, a]", 'two classes "a"'],
    ["data.yaml", "names: [a", "is no YAML"],
    ["obj.names", "a\n\nb\n", "class 1 has no name"],
    ["obj.names", "\n", "names no classes"],
  ])("are refused in %s: %j", (file, text, problem) => {
    expect(() => classNames(file, text)).toThrow(problem);
  });
});

describe("a data set's label files", () => {
  test("in Darknet's layout, as CVAT exports it", async () => {
    const root = await laid({
      "obj.data":
        "classes = 1\nTrain = data/Train.txt\nValidation = data/Validation.txt\nnames = data/obj.names\nbackup = backup/\n",
      "obj.names": "ball\n",
      "Train.txt": "data/obj_Train_data/set/a/im01.jpg\r\ndata/obj_Train_data/set/a/im02.png\n",
      "Validation.txt": "data/obj_Validation_data/set/b/im01.jpg\n",
      "obj_Train_data/set/a/im01.txt": BOX,
      "obj_Train_data/set/a/im02.txt": "",
      "obj_Validation_data/set/b/im01.txt": BOX,
      "obj_Validation_data/set/b/im09.txt": BOX,
    });
    expect(await pictures(root)).toEqual({
      Train: ["obj_Train_data/set/a/im01.txt > set/a/im01", "obj_Train_data/set/a/im02.txt > set/a/im02"],
      Validation: ["obj_Validation_data/set/b/im01.txt > set/b/im01"],
    });
    const tree = await labelTree(root);
    expect(await classesOf(tree, undefined)).toEqual(["ball"]);
    expect(tree.problems.lines()).toEqual([`${root}/obj_Validation_data/set/b/im09.txt stands in no list.`]);
  });

  test("in Ultralytics' layout, with folders", async () => {
    const root = await laid({
      "data.yaml": "path: /somewhere/else\ntrain: images/train\nval: ../images/val\nnc: 1\nnames: [ball]\n",
      "labels/train/a/im01.rf.1.txt": BOX,
      "labels/val/im02.txt": BOX,
      "images/train/a/im01.rf.1.jpg": "",
    });
    expect(await pictures(root)).toEqual({
      train: ["labels/train/a/im01.rf.1.txt > images/train/a/im01.rf.1"],
      val: ["labels/val/im02.txt > images/val/im02"],
    });
    expect(await pictures(path.join(root, "data.yaml"))).toHaveProperty("val");
  });

  test("in the layout with Train.txt, images/Train and labels/Train, with data.yaml and without", async () => {
    const files = {
      "Train.txt": "data/images/Train/a.jpg\ndata/images/Train/none.jpg\n",
      "Validation.txt": "data/images/Validation/b.jpg\n",
      "labels/Train/a.txt": BOX,
      "labels/Validation/b.txt": BOX,
    };
    const expected = {
      Train: ["labels/Train/a.txt > images/Train/a"],
      Validation: ["labels/Validation/b.txt > images/Validation/b"],
    };
    expect(await pictures(await laid(files))).toEqual(expected);
    for (const file of ["obj.names", "classes.txt", "labels/classes.txt"]) {
      const named = await laid({ ...files, [file]: "ball\n" });
      expect(await pictures(named)).toEqual(expected);
      expect(await classesOf(await labelTree(named), undefined)).toEqual(["ball"]);
    }
    const yaml = "Train: Train.txt\nValidation: Validation.txt\nnames:\n  0: ball\npath: .\n";
    expect(await pictures(await laid({ ...files, "data.yaml": yaml }))).toEqual(expected);
  });

  test("as CVAT exports Ultralytics YOLO of keys that have an `images` of their own", async () => {
    // Entries and lines of such an export of CVAT 2.64.0.
    const root = await laid({
      "Train.txt": "data/images/Train/set/images/Train/a.jpg\ndata/images/Train/set/images/Train/none.jpg\n",
      "labels/Train/set/images/Train/a.txt": BOX,
      "data.yaml": "Train: Train.txt\nnames:\n  0: ball\npath: .\n",
    });
    expect(await pictures(path.join(root, "data.yaml"))).toEqual({
      Train: ["labels/Train/set/images/Train/a.txt > images/Train/set/images/Train/a"],
    });
    expect((await labelTree(path.join(root, "data.yaml"))).problems.lines()).toEqual([]);
  });

  test("beside their pictures, links followed once, lists and classes left out", async () => {
    const root = await laid({ "m/images/a.txt": BOX, "m/images/a.jpg": "", "classes.txt": "ball", "train.txt": "x" });
    await symlink("..", path.join(root, "m", "up"));
    const { "": files } = await pictures(root);
    expect(files?.[0]).toBe("m/images/a.txt > m/images/a");
    expect(files?.length).toBeLessThan(4);
  });

  test("are refused where there are none, and where a list or a folder is missing it is said", async () => {
    await expect(labelTree(path.join(folders.folder, "nowhere"))).rejects.toThrow("nowhere is not there");
    await expect(labelTree(await laid({ "a.jpg": "" }))).rejects.toThrow("holds no label files (.txt)");
    const root = await laid({ "data.yaml": "train: images/train\nval: val.txt\nnames: [a]\n" });
    expect((await labelTree(root)).problems.lines()).toEqual([
      `${root}/data.yaml names images/train, and ${root}/labels/train, where its labels would be, is not there.`,
      `${root}/data.yaml names val.txt, which is not there.`,
    ]);
    await expect(labelTree(await laid({ "data.yaml": "names: [a]\n" }))).rejects.toThrow("names no subsets");
  });
});

describe("a label file and its frame", () => {
  const match = async (files: readonly string[], frames: readonly string[]) => {
    const found = matched(await labelTree(await laid(Object.fromEntries(files.map((file) => [file, BOX])))), frames);
    return {
      frames: found.subsets.flatMap((subset) => subset.files.map(({ file, frame }) => `${file.file} > ${frame}`)),
      problems: found.problems.lines(),
      unlabelled: found.unlabelled,
    };
  };

  test("belong together by the whole key, by its end, or where the key is the end", async () => {
    expect(await match(["set/a/x.txt"], ["set/a/x.jpg"])).toMatchObject({ frames: ["set/a/x.txt > set/a/x.jpg"] });
    expect(await match(["a/x.txt", "b/x.txt"], ["set/b/x.jpg", "set/a/x.png", "set/c/x.png"])).toEqual({
      frames: ["a/x.txt > set/a/x.png", "b/x.txt > set/b/x.jpg"],
      problems: [],
      unlabelled: 1,
    });
    expect(await match(["labels/Train/x.txt"], ["Train/x.jpg"])).toMatchObject({
      frames: ["labels/Train/x.txt > Train/x.jpg"],
    });
    expect(await match(["x.rf.1.txt"], ["set/x.rf.1.jpg"])).toMatchObject({ frames: ["x.rf.1.txt > set/x.rf.1.jpg"] });
  });

  test("belong together, too, where pictures were sent from their folder images", async () => {
    expect(await match(["labels/Train/x.txt", "labels/Val/x.txt"], ["set/Train/x.png", "set/Val/x.png"])).toEqual({
      frames: ["labels/Train/x.txt > set/Train/x.png", "labels/Val/x.txt > set/Val/x.png"],
      problems: [],
      unlabelled: 0,
    });
    expect(await match(["labels/x.txt"], ["set/x.png"])).toMatchObject({ frames: ["labels/x.txt > set/x.png"] });
    // With the folder in the key, that one is meant.
    expect(await match(["labels/x.txt"], ["set/x.png", "set/images/x.png"])).toMatchObject({
      frames: ["labels/x.txt > set/images/x.png"],
    });
    expect((await match(["labels/x.txt"], ["a/x.png", "b/x.png"])).problems).toEqual([
      "labels/x.txt: it may be about a/x.png or b/x.png.",
    ]);
  });

  test("do not where the folders differ, where two fit, and where two files claim one", async () => {
    expect((await match(["labels/Val/x.txt"], ["images/Train/x.jpg"])).problems).toEqual([
      "labels/Val/x.txt: no frame images/Val/x.*; there is images/Train/x.jpg",
    ]);
    expect((await match(["x.txt"], ["a/x.jpg", "b/x.jpg"])).problems).toEqual([
      "x.txt: it may be about a/x.jpg or b/x.jpg.",
    ]);
    expect((await match(["a/x.txt", "b/a/x.txt"], ["a/x.jpg"])).problems).toEqual([
      "b/a/x.txt: it is about a/x.jpg, and so is a/x.txt.",
    ]);
    expect((await match(["x.txt"], ["a/x.jpg", "a/x.png"])).problems[0]).toContain("differ in their extension alone");
  });
});

test("of many problems the first twenty are kept, and all are counted", () => {
  const problems = new Problems();
  for (let at = 1; at <= 25; at++) problems.add(`f${at}`);
  expect(problems.lines().slice(19)).toEqual(["f20", "and 5 more (25 in all)"]);
  expect(() => problems.refuse("Nothing was written.")).toThrow(/and 5 more.*\nNothing was written\./);
});
