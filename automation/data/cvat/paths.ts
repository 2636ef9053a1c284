/** A file's key as CVAT keeps it: it drops a slash in front. (cvat-rest-measured.md 4.6) */
export const serverFile = (key: string): string => key.replace(/^\/+/, "");

/**
 * A beginning of keys as CVAT expands it, which it does for those with a slash at the end alone. "" is all of the bucket. (4.6)
 */
export function folderPrefix(prefix: string): string {
  const bare = serverFile(prefix);
  return bare === "" || bare.endsWith("/") ? bare : `${bare}/`;
}
