import { X509Certificate } from "node:crypto";
import * as z from "zod";
import { LINES_META } from "./values.ts";

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[\sA-Za-z0-9+/=]+-----END CERTIFICATE-----/g;

/** What is wrong with a text of certificates, for the end of a sentence; else undefined. What is read goes into ConfigMaps, which everybody sees. */
export function certificatesProblem(text: string): string | undefined {
  if (text.includes("PRIVATE KEY"))
    return "holds a private key, which has no place in this program. Give the certificate alone";
  const found = text.match(CERTIFICATE) ?? [];
  return found.length > 0 && found.every(isCertificate)
    ? undefined
    : "is no certificate in PEM (-----BEGIN CERTIFICATE-----)";
}

/** The certificates of a text in PEM, without what else stands in it. */
export const certificatesIn = (text: string): string => `${(text.match(CERTIFICATE) ?? []).join("\n")}\n`;

/** Certificates in PEM as a text of the stack file. No secret. */
export const certificates = z
  .string()
  .superRefine((text, context) => {
    const message = certificatesProblem(text);
    if (message !== undefined) context.addIssue({ code: "custom", message });
  })
  .meta(LINES_META);

function isCertificate(text: string): boolean {
  try {
    new X509Certificate(text);
    return true;
  } catch {
    return false;
  }
}
