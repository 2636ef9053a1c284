import { isIPv4, isIPv6 } from "node:net";
import * as z from "zod";
import { isYamlText } from "./values.ts";

/** An IPv4 address. */
export const address = z
  .ipv4("must be an IPv4 address such as 192.0.2.20")
  // 0.0.0.0/8 stands for "this host", what begins with 224 and more for many hosts or for none. (RFC 6890)
  .refine(
    (text) => !isIPv4(text) || !/^0\.|^2(2[4-9]|[3-5]\d)\./.test(text),
    "must be the address of one host, such as 192.0.2.20",
  )
  .meta({ examples: ["192.0.2.20"] });

/** `192.0.2.999` is no name of a host: what ends in a number is an address, to browsers and programs alike. (WHATWG URL, "ends in a number") */
const isNumber = (label: string) => /^([0-9]+|0x[0-9a-f]*)$/i.test(label);

/** Whether a text is a name that hosts have: labels of letters, digits, `-` and `_`. */
function isHostName(text: string): boolean {
  const labels = text.split(".");
  return (
    text.length <= 253 &&
    labels.every((label) => /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/i.test(label)) &&
    !isNumber(labels.at(-1) ?? "")
  );
}

/** Whether a text is a host as programs reach it: a name or an address, without scheme, port and brackets. */
export function isHost(text: string): boolean {
  return isHostName(text) || isIPv4(text) || isIPv6(text);
}

/** A host as programs reach it. */
export const host = z
  .string()
  .refine(
    isHost,
    "must be a host name or an address, without a scheme and a port, such as gpu-node.example or 192.0.2.11",
  );

/** Host of an Ingress: what the API server takes there, and CVAT's chart writes there without quotes. A wildcard would be no name of the lab. */
export const ingressHost = z
  .string()
  .refine(
    (text) => isHostName(text) && isYamlText(text) && /^[a-z0-9.-]+$/.test(text) && !/(^|\.)-|-(\.|$)/.test(text),
    "must be a host name in lower case, without a scheme and a port, such as cvat.example; not an address, nor a word of YAML such as off",
  );

const isPort = (text: string) => /^[1-9][0-9]{0,4}$/.test(text) && Number(text) <= 65_535;

/** Whether a text is HOST or HOST:PORT. An IPv6 address stands in brackets. */
export function isHostAndPort(text: string): boolean {
  const [, bracketed, plain = "", port] = /^(?:\[([0-9a-f:.]+)\]|([^:[\]]+))(?::(.*))?$/i.exec(text) ?? [];
  return (bracketed === undefined ? isHost(plain) : isIPv6(bracketed)) && (port === undefined || isPort(port));
}

/** An IPv4 address, or one with a port. */
export const addressAndPort = z.string().refine((text) => {
  const [ip = "", port, ...rest] = text.split(":");
  return isIPv4(ip) && (port === undefined || isPort(port)) && rest.length === 0;
}, "must be an address, or ADDRESS:PORT");

/** Where a service speaks HTTP: a scheme and a host, a port if need be, no path. */
export const httpOrigin = z.string().refine((text) => {
  const [, place] = /^https?:\/\/([^/?#@\s]+)$/.exec(text) ?? [];
  return place !== undefined && isHostAndPort(place);
}, "must be http(s)://HOST or http(s)://HOST:PORT");

/** Whether a text is a whole address of HTTP, with or without a path. */
export function isHttpUrl(text: string): boolean {
  const [, place] = /^https?:\/\/([^/?#@\s]+)([/?#]\S*)?$/.exec(text) ?? [];
  return place !== undefined && isHostAndPort(place) && URL.canParse(text);
}
