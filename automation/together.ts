/**
 * Works that go on side by side, all of them to their end: where one fails, nothing of the others is still being started when the failure is
 * told, and whoever cleans up meets it all.
 * @throws what the first in the list failed with
 */
export async function together<const Works extends readonly Promise<unknown>[]>(
  works: Works,
): Promise<{ -readonly [Index in keyof Works]: Awaited<Works[Index]> }> {
  for (const ended of await Promise.allSettled(works)) if (ended.status === "rejected") throw ended.reason;
  return Promise.all(works);
}
