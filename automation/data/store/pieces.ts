import type { Bucket } from "./objects.ts";

/** Bytes that are asked for at once of what is read in order: much more than a round trip takes, little to hold. */
export const PIECE = 4 * 2 ** 20;

/**
 * The bytes of an object, a piece at a time: one that breaks off is asked for again.
 * @param etag of the object that is meant: refused where another one lies there by now. Default: whichever there is
 * @param bytes so many from its beginning
 */
export async function* piecesOf(
  bucket: Pick<Bucket, "range">,
  key: string,
  etag: string | undefined,
  bytes: number,
): AsyncGenerator<Buffer, void> {
  for (let at = 0; at < bytes; at += PIECE) yield await bucket.range(key, at, Math.min(PIECE, bytes - at), etag);
}
