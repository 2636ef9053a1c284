/** Where a bucket is, as CVAT keeps it beside the bucket's name. */
export interface Attributes {
  endpoint: string;
  region: string;
  prefix: string;
}

/** In the form and order of CVAT's own web pages (cloud-storage-form.tsx): what they show and save again stays the same. */
export function attributesText({ region, prefix, endpoint }: Attributes): string {
  const text = new URLSearchParams();
  if (region !== "") text.append("region", region);
  if (prefix !== "") text.append("prefix", prefix);
  text.append("endpoint_url", endpoint);
  return text.toString();
}

export function attributesOf(text: string): Attributes {
  const read = new URLSearchParams(text);
  return {
    region: read.get("region") ?? "",
    prefix: read.get("prefix") ?? "",
    endpoint: read.get("endpoint_url") ?? "",
  };
}
