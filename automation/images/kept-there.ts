import { HttpFailure } from "../http.ts";
import { isInRegistry, type Login } from "../charts/registry.ts";
import { SourceUnavailable, type Asking } from "../charts/source.ts";
import { severally } from "../data/store/several.ts";

/** What a registry says of an image. */
export type Kept = { image: string; state: "there" | "missing" } | { image: string; state: "refused"; why: string };

const AT_ONCE = 4;

/**
 * Asks a registry for each image, some at once, in the order they were given.
 * @throws SourceUnavailable where the registry does not answer at all
 */
export async function keptThere(images: readonly string[], asking: Asking, login?: Login): Promise<Kept[]> {
  const found = new Map<string, Kept>();
  let done = 0;
  await severally(images, AT_ONCE, async (image) => {
    found.set(image, await look(image, asking, login));
    done++;
    asking.update?.(`${done} of ${images.length} images`);
  });
  return images.flatMap((image) => found.get(image) ?? []);
}

async function look(image: string, asking: Asking, login: Login | undefined): Promise<Kept> {
  try {
    return { image, state: (await isInRegistry(image, asking, login)) ? "there" : "missing" };
  } catch (error) {
    if (error instanceof HttpFailure) throw new SourceUnavailable(`The registry does not answer: ${error.message}.`);
    if (error instanceof SourceUnavailable) return { image, state: "refused", why: error.message };
    throw error;
  }
}
