import { createHmac } from "node:crypto";

/**
 * Changes with the texts, and tells nothing of them: an annotation of pods that start anew with a secret may have it.
 * @param nonce a generated text that stands in no other place than the stack's encrypted state
 */
export function secretStamp(nonce: string, ...texts: readonly string[]): string {
  const hmac = createHmac("sha256", nonce);
  for (const text of texts) hmac.update(text);
  return hmac.digest("hex").slice(0, 32);
}

/** How long the nonce is. */
export const NONCE_LENGTH = 32;
