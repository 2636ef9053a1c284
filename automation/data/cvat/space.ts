import type { CvatClient } from "../../../components/cvat/client/client.ts";

/** Where in CVAT something is looked for: as whom, and in which organization. */
export interface CvatSpace {
  client: CvatClient;
  /** Slug of the organization; "" is the person's own space. */
  organization: string;
}

/** The space in words: `organization lab`. */
export function spaceText({ client, organization }: CvatSpace): string {
  return organization === "" ? `${client.username}'s own space` : `organization ${organization}`;
}
