import * as z from "zod";
import { objectName } from "../../schema/pods.ts";
import { dnsLabel } from "../../schema/values.ts";

const copyOf = z.strictObject({
  namespace: dnsLabel.describe("Its namespace."),
  name: objectName.describe("Its name."),
});

/** Schema of `vision-platform:cvat.ingress.tls`. */
export const tlsConfig = z.strictObject({
  secretName: objectName.describe(
    "Secret with the certificate, in CVAT's namespace. It must be there before CVAT, unless it is made in the cluster or copied.",
  ),
  madeInCluster: z
    .boolean()
    .default(false)
    .describe(
      "Another program in the cluster makes the Secret (cert-manager, or one that copies Secrets), perhaps only once the Ingress is there: without it there is a warning, no error.",
    ),
  copyOf: copyOf
    .optional()
    .describe(
      "Secret of another namespace with a certificate that is CVAT's too, a wildcard for example: `secretName` is made as its copy, and a CronJob follows each renewal within the hour.",
    ),
});

export type TlsConfig = z.output<typeof tlsConfig>;
/** A certificate that is copied, and from where. */
export type CopiedFrom = NonNullable<TlsConfig["copyOf"]>;
