import type { CvatConfig } from "../cvat-config.ts";
import type { CopiedFrom } from "./tls-config.ts";

/** On the copy, so that it is told from a Secret that somebody made under its name. */
export const COPY_LABEL = "vision-platform/copied-from";

/** Who writes it, as the API server keeps it: the copying pods, which are neither us nor a person. */
export const COPY_MANAGER = "vision-platform-certificate";

/** A certificate that is copied, and its copy. */
export interface Copied {
  source: CopiedFrom;
  /** The copy, which the edge reads. */
  copy: CopiedFrom;
}

/** Undefined where CVAT's certificate is no copy. */
export function copiedCertificate({ namespace, ingress }: CvatConfig): Copied | undefined {
  const { tls } = ingress;
  return tls?.copyOf && { source: tls.copyOf, copy: { namespace, name: tls.secretName } };
}

/** What {@link COPY_LABEL} says. No label may be longer than 63 letters, and the two names may be. */
export const labelOf = ({ source }: Copied) => ({ [COPY_LABEL]: source.namespace });
