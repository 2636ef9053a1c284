import { Failure } from "../workers.ts";

/** In the order of CVAT's list; of all but pictures and folders a task takes one. (engine/media_extractors.py, MEDIA_TYPES) */
const KINDS = ["image", "video", "archive", "directory", "pdf", "zip"] as const;
type Kind = (typeof KINDS)[number];

const ENDINGS: Readonly<Record<string, Kind>> = {
  ...Object.fromEntries(
    [
      "bmp",
      "gif",
      "heic",
      "heif",
      "ico",
      "jfif",
      "jp2",
      "jpe",
      "jpeg",
      "jpg",
      "pgm",
      "png",
      "pnm",
      "ppm",
      "tif",
      "tiff",
      "webp",
    ].map((ending) => [ending, "image"]),
  ),
  ...Object.fromEntries(
    ["avi", "m4v", "mkv", "mov", "mp4", "mpeg", "mpg", "webm", "wmv"].map((ending) => [ending, "video"]),
  ),
  ...Object.fromEntries(["7z", "bz2", "gz", "rar", "tar", "tgz", "xz"].map((ending) => [ending, "archive"])),
  pdf: "pdf",
  zip: "zip",
};

/** By its name alone; undefined for what is no media: texts, manifests. */
const kindOf = (name: string): Kind | undefined => ENDINGS[/\.([^./]+)$/.exec(name)?.[1]?.toLowerCase() ?? ""];

/** What a task is made of. */
export interface Media {
  kind: "image" | "video";
  names: readonly string[];
}

/**
 * The pictures, or the one film, among files. What is no media is passed over.
 * @throws Failure where both are there, or nothing
 */
export function mediaOf(files: readonly string[]): Media {
  const byKind = KINDS.map((kind) => [kind, files.filter((file) => kindOf(file) === kind)] as const);
  const many = byKind.filter(([kind]) => kind === "image").flatMap(([, names]) => names);
  const unique = byKind.filter(([kind]) => kind !== "image").flatMap(([, names]) => names);
  if (unique.length > 1 || (unique.length === 1 && many.length > 0)) {
    const counts = byKind.map(([kind, names]) => `${names.length} ${kind}(s)`).join(", ");
    // The blanks are those of a line that goes on in the source. (cvat-real-third-look.md, 4.4; engine/task.py, _validate_data)
    throw new Failure(
      `ValueError: Only one video, archive, pdf, zip or many image, directory can be used simultaneously,             but ${counts} found.`,
    );
  }
  const [one] = unique;
  if (one === undefined && many.length === 0) throw new Failure("ValueError: No media data found");
  if (one === undefined) return { kind: "image", names: many };
  if (kindOf(one) !== "video")
    throw new Failure(`NotImplementedError: the rehearsal's stand-in for CVAT takes no ${kindOf(one) ?? ""}: ${one}`);
  return { kind: "video", names: [one] };
}
