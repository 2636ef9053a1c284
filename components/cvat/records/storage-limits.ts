import { attributesText } from "./attributes.ts";
import type { CloudStorageInputs } from "./cloud-storage-inputs.ts";

const LONGEST = { name: 63, bucket: 222, accessKey: 40, secretKey: 64 } as const;
const LONGEST_ATTRIBUTES = 1024;

/** What CVAT would refuse of a cloud storage, or fail on. (cvat.md 3.3; cvat-rest-measured.md 3.2, 3.3) */
export function storageProblems(inputs: CloudStorageInputs): string[] {
  const { name, bucket, prefix, endpoint } = inputs;
  const problem = (what: string) => `vision-platform:cvat.cloudStorages: ${name}: ${what}`;
  const long = Object.entries(LONGEST)
    .filter(([key, limit]) => inputs[key as keyof typeof LONGEST].length > limit)
    .map(([key, limit]) => problem(`its ${key} is longer than the ${limit} characters that CVAT takes.`));
  const blank = (["accessKey", "secretKey"] as const)
    .filter((key) => /^$|\s/.test(inputs[key]))
    .map((key) =>
      problem(`its ${key} is empty or has a blank in it, and CVAT keeps the two as one text with a blank between.`),
    );
  return [
    ...long,
    ...blank,
    ...(/^[a-z0-9.-]+$/.test(bucket)
      ? []
      : [problem(`the bucket ${bucket} may have lower-case letters, digits, '-' and '.' only.`)]),
    ...(prefix.startsWith("/") || prefix.includes("//")
      ? [problem(`the prefix ${prefix} may neither begin with a slash nor have two in a row.`)]
      : []),
    ...(/^https?:\/\/[^/]+$/.test(endpoint)
      ? []
      : [problem(`the endpoint ${endpoint} must be http(s)://HOST:PORT. Without one CVAT would ask Amazon.`)]),
    ...(attributesText(inputs).length > LONGEST_ATTRIBUTES
      ? [problem(`its prefix and endpoint together are longer than CVAT takes.`)]
      : []),
  ];
}
