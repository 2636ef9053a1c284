import { framesWanted } from "../data/create.ts";
import { filmOf } from "../data/film.ts";
import { invalid, manifestIn, type Manifest } from "../data/manifest.ts";
import { mediaOf } from "../data/media.ts";
import { pictureOf } from "../data/picture.ts";
import { sorted } from "../data/sorting.ts";
import type { StoredData, StoredFrame } from "../store.ts";
import { Failure } from "../workers.ts";
import type { Archive } from "./archive.ts";
import { DATA_FOLDER, MANIFEST_FILE, type DataInBackup } from "./model.ts";

/** What a task looks at, taken from a backup. */
export interface RestoredMedia {
  data: StoredData;
  frames: readonly StoredFrame[];
  manifest: string | undefined;
  /** Pictures that become CVAT's own, or the film. */
  own: readonly { name: string; bytes: Buffer }[];
}

/**
 * Takes a task's media in once more. (TaskImporter._import_task in engine/backup.py; create_thread in engine/task.py)
 * @throws Failure in CVAT's words
 */
export function restoredMedia(archive: Archive, given: DataInBackup): RestoredMedia {
  const { chunk_size, storage } = given;
  // It is asked for first, and is nothing while a task is being created. (cvat-real-third-look.md 3.2)
  if (chunk_size === null) throw new Failure("TypeError: '>' not supported between instances of 'NoneType' and 'int'");
  const names = archive.below(DATA_FOLDER).filter((name) => name !== "index.json");
  const text = archive.find(`${DATA_FOLDER}${MANIFEST_FILE}`)?.toString("utf8");
  const manifest = text === undefined ? undefined : manifestIn(text, "");
  if (storage !== "cloud_storage" && storage !== "local") throw invalid("Unexpected storage type in the backup files");
  if (storage === "cloud_storage" && (!manifest || names.length > 1))
    throw invalid(`Expected ${MANIFEST_FILE} in backup files`);
  const inBucket = storage === "cloud_storage";
  const media = mediaOf(inBucket ? (manifest?.records.map(({ name }) => name) ?? []) : names);
  const bytes = (name: string) => archive.read(`${DATA_FOLDER}${name}`);
  const isFilm = media.kind === "video";
  const all = isFilm ? [] : picturesOf(media.names, manifest, given, bytes);
  const [name = ""] = media.names;
  const film = isFilm ? { ...readFilm(name, bytes(name)), ...manifest?.film } : undefined;
  const { image_quality, sorting_method, deleted_frames, start_frame = 0, frame_filter = "" } = given;
  const range = { start_frame, frame_filter, ...(given.stop_frame !== undefined && { stop_frame: given.stop_frame }) };
  const wanted = framesWanted(range, film?.length ?? all.length);
  if (wanted.length === 0) throw new Failure("ValueError: range() arg 3 must not be zero");
  return {
    data: {
      ...{ image_quality, chunk_size, storage, sorting_method, deleted_frames, start_frame, frame_filter },
      ...{ size: wanted.length, stop_frame: wanted.at(-1) ?? 0, cloud_storage_id: null },
      mode: film ? "interpolation" : "annotation",
      ...(film && { film: { name, length: film.length } }),
    },
    frames: film
      ? [{ name, width: film.width, height: film.height }]
      : wanted.flatMap((at): StoredFrame[] => all.slice(at, at + 1)),
    manifest: text,
    own: inBucket ? [] : media.names.map((one) => ({ name: one, bytes: bytes(one) })),
  };
}

/** In the order of the task; a manifest's must be the same. (check mapping in engine/task.py) */
function picturesOf(
  names: readonly string[],
  manifest: Manifest | undefined,
  { sorting_method }: DataInBackup,
  bytes: (name: string) => Buffer,
): StoredFrame[] {
  const places = new Map(manifest?.records.map(({ name }, at) => [name, at]));
  const keepsOrder = sorting_method === "predefined" || sorting_method === "random";
  const order = keepsOrder
    ? [...names].sort((one, other) => (places.get(one) ?? 0) - (places.get(other) ?? 0))
    : sorted(names, sorting_method);
  return order.map((name, at) => {
    const record = manifest?.records[at];
    if (manifest && record?.name !== name) throw invalid("Incorrect file mapping to manifest content");
    const size = record ?? pictureOf(bytes(name));
    if (!size) throw new Failure(`Exception: Failed to read the image file '${name}'`);
    return { name, width: size.width, height: size.height };
  });
}

function readFilm(name: string, bytes: Buffer) {
  const film = filmOf(bytes);
  if (!film)
    throw new Failure(
      `av.error.InvalidDataError: [Errno 1094995529] Invalid data found when processing input: '${name}'`,
    );
  return film;
}
