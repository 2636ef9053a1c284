import { extensionOf } from "../../pictures/media.ts";
import type { DataSource } from "../source.ts";
import type { NamesSeen } from "./collected.ts";
import type { Findings } from "./findings.ts";
import { hashOf, TextSet } from "./hashes.ts";

const SHOWN = 20;

/**
 * Which names are the same after CVAT's rules for paths, and which pictures and label files belong together. A first walk keeps a few bytes of
 * each name; a second one, over the names alone, tells those that are to be told.
 */
export class Names implements NamesSeen {
  private readonly pictures = new TextSet();
  private readonly labels = new TextSet();
  private readonly folded = new TextSet();
  private readonly same = new Set<number>();

  picture(name: string): void {
    this.addPicture(pictureHashes(name));
  }

  label(name: string): void {
    this.addLabel(labelHash(name));
  }

  /** The same by what is kept of a name. */
  addPicture({ pair, folded }: PictureHashes): void {
    this.pictures.add(pair);
    if (this.folded.add(folded)) this.same.add(folded);
  }

  addLabel(pair: number): void {
    this.labels.add(pair);
  }

  /** Whether there is anything to tell. */
  get isSound(): boolean {
    return this.same.size === 0 && this.isPaired;
  }

  private get isPaired(): boolean {
    if (this.labels.size === 0) return true;
    const isIn = (one: TextSet, other: TextSet) => [...one].every((hash) => other.has(hash));
    return isIn(this.pictures, this.labels) && isIn(this.labels, this.pictures);
  }

  /** @param kindOf what a name counted as in the first walk */
  async tell(
    source: DataSource,
    kindOf: (name: string) => "picture" | "label" | undefined,
    findings: Findings,
  ): Promise<void> {
    const groups = new Map<number, string[]>([...this.same].slice(0, SHOWN).map((hash) => [hash, []]));
    const paired = this.labels.size === 0;
    for await (const { name } of source.files()) {
      const kind = kindOf(name);
      if (kind === undefined) continue;
      const stem = stemOf(name);
      if (kind === "picture") groups.get(hashOf(foldedOf(stem)))?.push(name);
      if (paired) continue;
      const pair = hashOf(pairOf(stem));
      if (kind === "picture" && !this.labels.has(pair)) findings.add("pictureAlone", name);
      if (kind === "label" && !this.pictures.has(pair)) findings.add("labelAlone", name);
    }
    for (const [first = "", ...others] of groups.values()) findings.add("sameName", first, others.join(", "));
    for (let more = groups.size; more < this.same.size; more += 1) findings.add("sameName", "");
  }
}

/** What is kept of a picture's name. */
export interface PictureHashes {
  /** Its label file has the same. */
  pair: number;
  /** Those that are the same in another spelling have the same. */
  folded: number;
}

export function pictureHashes(name: string): PictureHashes {
  const stem = stemOf(name);
  return { pair: hashOf(pairOf(stem)), folded: hashOf(foldedOf(stem)) };
}

export function labelHash(name: string): number {
  return hashOf(pairOf(stemOf(name)));
}

/** A name without its last ending, as CVAT's manifests and YOLO's label files have it. */
export function stemOf(name: string): string {
  return name.slice(0, name.length - extensionOf(name).length);
}

/** One text for the same name in all its spellings. */
function foldedOf(stem: string): string {
  return stem.normalize("NFC").toLowerCase();
}

/** One text for a picture and its label file: beside it, or below `labels` where the picture is below `images`. */
function pairOf(stem: string): string {
  return stem.replaceAll(/(^|\/)labels(?=\/)/g, "$1images");
}
