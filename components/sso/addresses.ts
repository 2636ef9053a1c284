import * as z from "zod";
import { isHttpUrl } from "../schema/hosts.ts";

const MESSAGE =
  "must be https://HOST or https://HOST/PATH: without a user or password, `?` and `#` in it, which would end up in browsers and logs";

function isReadable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

/** A whole address of https that stands in browsers, tokens and logs: it can have no secret, and is compared letter by letter. */
export const httpsAddress = z
  .string()
  .refine(isReadable, "has a % that does not stand before two hexadecimal digits of UTF-8")
  .refine((text) => {
    const isPlain = /^https:\/\/[^/?#@\\\s]+(\/[^?#@\\\s]*)?$/.test(text);
    // `//`, `/./` and `/../` are other addresses to a browser than to who compares letters.
    return isPlain && isHttpUrl(text) && !/\/(\/|\.\.?(\/|$))/.test(text.slice("https://".length));
  }, MESSAGE);
