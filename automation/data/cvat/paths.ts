/** What CVAT takes a file for, by the end of its name alone. */
export type MediaKind = "picture" | "film" | "manifest" | "other";

/** Those that Python's mimetypes has as `image/…`, without vector graphics. (cvat/apps/engine/media_extractors.py: _is_image) */
const PICTURES = /\.(jpe?g|jpe|jfif|png|bmp|gif|webp|tiff?|p[bgpn]m|heic|heif|ico)$/i;
/** (the same: _is_video) */
const FILMS = /\.(mp4|m4v|m1v|mov|qt|avi|mkv|webm|mpe?g|mpe|wmv|flv|ogv)$/i;

export function mediaKind(key: string): MediaKind {
  if (PICTURES.test(key)) return "picture";
  if (FILMS.test(key)) return "film";
  return key.toLowerCase().endsWith(".jsonl") ? "manifest" : "other";
}

/** A file's key as CVAT keeps it: it drops a slash in front. (cvat-rest-measured.md 4.6) */
export const serverFile = (key: string): string => key.replace(/^\/+/, "");

/**
 * A beginning of keys as CVAT expands it, which it does for those with a slash at the end alone. "" is all of the bucket. (4.6)
 */
export function folderPrefix(prefix: string): string {
  const bare = serverFile(prefix);
  return bare === "" || bare.endsWith("/") ? bare : `${bare}/`;
}
