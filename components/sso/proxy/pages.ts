import { readFileSync } from "node:fs";
import { wayOut } from "../sign-out.ts";
import type { SsoConfig } from "../sso-config.ts";

/** Key of the ConfigMap, and name by which the proxy finds it. (oauth2-proxy 7.15.6: pkg/app/pagewriter/templates.go) */
export const ERROR_PAGE_FILE = "error.html";

const TEMPLATE = readFileSync(new URL(`./${ERROR_PAGE_FILE}`, import.meta.url), "utf8");

/**
 * The page for who may not pass. The proxy's own leads him back to where he is refused, since his session at the issuer goes on. A template of
 * Go's html/template.
 */
export function errorPage(sso: SsoConfig, host: string): string {
  // Of what stands in it, the client's name alone is free, and it is encoded for a query.
  return TEMPLATE.replace("WAY_OUT", () => wayOut(sso, host).replaceAll("&", "&amp;"));
}
