import { PICTURE_PROBLEMS } from "../../pictures/problem.ts";

interface Kind {
  /** What it is, behind the count. */
  text: string;
  /** What to do. */
  hint: string;
  /** Whether CVAT fails on it, or shows or keeps something wrong. */
  breaks: boolean;
}

/** What a look at a data set can find, the worst first. */
export const FINDINGS = {
  ...fromPictures(),
  badPath: {
    text: "Names that CVAT takes for a place outside the data (`..`, `//`, a slash in front)",
    hint: "Rename them: a task with such a name fails.",
    breaks: true,
  },
  mixed: {
    text: "Kinds of media side by side",
    hint: "Put films, archives and PDFs each into a folder of their own: CVAT takes pictures, or one of those, and refuses a task that has both.",
    breaks: true,
  },
  film: {
    text: "Films that cannot be read",
    hint: "Fetch or send them again, or remove them: their task fails.",
    breaks: true,
  },
  hugeFilm: {
    text: "Films of more than 9.4 million pixels a frame",
    hint: "Make them smaller: CVAT's encoder takes no more (4096x2304), and their task fails.",
    breaks: true,
  },
  label: {
    text: "Lines of label files that are wrong",
    hint: "Mend them: an import stops at the first, and nothing is imported.",
    breaks: true,
  },
  classes: {
    text: "Lists of classes that cannot be read, and classes that they do not have",
    hint: "Mend the list, or the label files: an import fails at a class without a name.",
    breaks: true,
  },
  labelAlone: {
    text: "Label files without a picture",
    hint: "Remove them, or add the pictures: an import with a name that the task does not have fails as a whole.",
    breaks: true,
  },
  sameName: {
    text: "Names that are the same but for case, ending or spelling of accents",
    hint: "Rename them: they share one label file, and some systems keep only one of them.",
    breaks: false,
  },
  pictureAlone: {
    text: "Pictures without a label file",
    hint: "Nothing to do where nothing is on them; else add the label files.",
    breaks: false,
  },
  otherFormat: {
    text: "Pictures of another format than their ending says",
    hint: "Rename them: CVAT goes by the bytes, other programs by the ending.",
    breaks: false,
  },
  turned: {
    text: "Pictures turned by EXIF or XMP",
    hint: "CVAT shows them turned, and its boxes are of the turned picture. A training that reads the pixels as stored needs them turned for good.",
    breaks: false,
  },
  turnedTiff: {
    text: "TIFFs turned by a quarter",
    hint: "Save them unturned, or make the manifest by `dataset manifest`: CVAT by itself takes width for height in them, in the task and every export.",
    breaks: true,
  },
  oddName: {
    text: "Names with signs that scripts and lists stumble over (line breaks, tabs, backslashes, blanks at an end)",
    hint: "Rename them.",
    breaks: false,
  },
  huge: {
    text: "Pictures of more pixels than Pillow opens by default (178,956,970)",
    hint: "Cut them into tiles: CVAT may refuse them, and every look at one takes a worker's memory.",
    breaks: false,
  },
  notLookedInto: {
    text: "Files that CVAT takes for pictures, of formats that are not looked into here",
    hint: "Save them as JPEG, PNG, WebP or TIFF to have them checked, or move them away if they are none.",
    breaks: false,
  },
  left: {
    text: "Files that CVAT leaves out",
    hint: "Nothing to do: they are no pictures by their names.",
    breaks: false,
  },
} satisfies Record<string, Kind>;

export type FindingKind = keyof typeof FINDINGS;

export interface Finding {
  kind: FindingKind;
  breaks: boolean;
  count: number;
  /** The first of them in the order of names: a name, and what was seen. */
  first: { name: string; detail?: string }[];
  hint: string;
}

const SHOWN = 20;

/** What was found, by kind: the count, and the first twenty. */
export class Findings {
  private readonly found = new Map<FindingKind, { count: number; first: Finding["first"] }>();

  add(kind: FindingKind, name: string, detail?: string): void {
    this.append(kind, { count: 1, first: [{ name, ...(detail !== undefined && { detail }) }] });
  }

  /** Those of one kind from what comes next in the order of names. */
  append(kind: FindingKind, { count, first }: Pick<Finding, "count" | "first">): void {
    const sort = this.found.get(kind) ?? { count: 0, first: [] };
    this.found.set(kind, sort);
    sort.count += count;
    sort.first.push(...first.slice(0, SHOWN - sort.first.length));
  }

  /** The worst first. */
  list(): Finding[] {
    return (Object.keys(FINDINGS) as FindingKind[]).flatMap((kind) => {
      const found = this.found.get(kind);
      const { breaks, hint } = FINDINGS[kind];
      return found ? [{ kind, breaks, ...found, hint }] : [];
    });
  }
}

function fromPictures() {
  type Broken = keyof typeof PICTURE_PROBLEMS;
  const entries = Object.entries(PICTURE_PROBLEMS) as [Broken, (typeof PICTURE_PROBLEMS)[Broken]][];
  return Object.fromEntries(entries.map(([kind, { text, hint }]) => [kind, { text, hint, breaks: true }])) as Record<
    Broken,
    Kind
  >;
}
