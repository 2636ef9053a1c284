import { isIPv4, isIPv6 } from "node:net";
import { domainToASCII } from "node:url";

/**
 * What Django takes for an address, as CVAT asks it. (Django 4.2.30, django/core/validators.py) A test puts the same texts to Django itself:
 * test/contract/cvat-django-rules.test.ts.
 */

// Django's own expressions. Its letters beyond ASCII are these.
const UL = "\u00a1-\uffff";
const OCTET = "(?:0|25[0-5]|2[0-4][0-9]|1[0-9]?[0-9]?|[1-9][0-9]?)";
const HOST =
  `[a-z${UL}0-9](?:[a-z${UL}0-9-]{0,61}[a-z${UL}0-9])?` +
  `(?:\\.(?!-)[a-z${UL}0-9-]{1,63}(?<!-))*` +
  `\\.(?!-)(?:[a-z${UL}-]{2,63}|xn--[a-z0-9]{1,59})(?<!-)\\.?`;
const URL_PATTERN = new RegExp(
  `^(?:[a-z0-9.+-]*)://(?:[^\\s:@/]+(?::[^\\s:@/]*)?@)?` +
    `(?:${OCTET}(?:\\.${OCTET}){3}|\\[[0-9a-f:.]+\\]|(?:${HOST}|localhost))(?::[0-9]{1,5})?(?:[/?#][^\\s]*)?$`,
  "i",
);
const SCHEMES = ["http", "https", "ftp", "ftps"];
const LONGEST_URL = 2048;
const LONGEST_HOST = 253;

const MAILBOX =
  /^(?:[-!#$%&'*+/=?^_`{}|~0-9A-Z]+(?:\.[-!#$%&'*+/=?^_`{}|~0-9A-Z]+)*|"(?:[^\0\t\n\r "\\\x80-\uffff]|\\[^\0\n\r\x80-\uffff])*")$/i;
const MAIL_DOMAIN = /^(?:[A-Z0-9](?:[A-Z0-9-]{0,61}[A-Z0-9])?\.)+[A-Z0-9-]{2,63}(?<!-)$/i;
const LONGEST_EMAIL = 320;

/** What `URLValidator` takes. */
export function isUrl(text: string): boolean {
  if (text.length > LONGEST_URL || /[\t\r\n]/.test(text)) return false;
  const [scheme = ""] = text.split("://");
  if (!SCHEMES.includes(scheme.toLowerCase())) return false;
  const authority = /^[^:]+:\/\/([^/?#]*)/.exec(text)?.[1] ?? "";
  const host = authority.replace(/^.*@/, "");
  if (!URL_PATTERN.test(text)) {
    const ascii = punycode(host);
    if (ascii === "" || !URL_PATTERN.test(text.replace(authority, ascii))) return false;
  }
  const [, literal] = /^\[(.+)\](?::[0-9]{1,5})?$/.exec(host) ?? [];
  if (literal !== undefined && !isIPv6(literal)) return false;
  return host.replace(/:[0-9]*$/, "").length <= LONGEST_HOST;
}

/** What `EmailValidator` takes. */
export function isEmail(text: string): boolean {
  const at = text.lastIndexOf("@");
  if (at < 0 || text.length > LONGEST_EMAIL || !MAILBOX.test(text.slice(0, at))) return false;
  const domain = text.slice(at + 1);
  return domain === "localhost" || isMailDomain(domain) || isMailDomain(punycode(domain));
}

function isMailDomain(domain: string): boolean {
  if (MAIL_DOMAIN.test(domain)) return true;
  const [, literal = ""] = /^\[([A-F0-9:.]+)\]$/i.exec(domain) ?? [];
  return isIPv4(literal) || isIPv6(literal);
}

/** Node's also reads numbers and `%` as browsers do, which Python does not: what is ASCII stays as it is. */
const punycode = (domain: string): string => (/[^\0-\x7f]/.test(domain) ? domainToASCII(domain) : domain);

/** `str.strip()`: what Python takes for a blank is more than what JavaScript does. (Python's str.isspace) */
export function stripped(text: string): string {
  return text.replace(BLANKS_BEFORE, "").replace(BLANKS_AFTER, "");
}

const BLANK = "[\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]+";
const BLANKS_BEFORE = new RegExp(`^${BLANK}`);
const BLANKS_AFTER = new RegExp(`${BLANK}$`);
