/** What the stand-in is told at its start. */
export interface CvatConfig {
  /** CVAT's version. */
  version: string;
  /** Addresses of object stores as CVAT's pods would use them, and where they are on this machine. */
  stores: Record<string, string>;
  /** Certificates of their private authority, PEM. Default: none. */
  ca?: string | undefined;
  /** Stores that are somebody else's, by address and access key. They are not asked: bucket and secret key are taken to be right. Default: none. */
  elsewhere?: readonly { endpoint: string; accessKey: string }[];
  /** Address of Nuclio's dashboard. Default: none answers. */
  nuclio?: string;
  /** The cluster whose users Job is carried out. */
  cluster?: { kubeconfig: string; context: string; namespace: string };
  /** Users that are there from the start, for tests without a cluster. */
  users?: readonly { username: string; email: string; password: string; role: "admin" | "user" | "worker" }[];
  /** Whether strangers may make accounts, where no cluster tells. Default: `open`, as CVAT itself has it. */
  registration?: "open" | "closed";
  /** Calls a minute that an address may make without a token. Default: 100, as CVAT has it. */
  anonymousCalls?: number;
}
