import { PROGRAMS } from "./programs.ts";

/** An operating system and a processor, as Node names them: `linux-x64`. */
export type Platform = `${"linux" | "darwin"}-${"x64" | "arm64"}`;

/**
 * Where a publisher keeps a program ready to run. In addresses and members `{version}`, `{os}`, `{arch}` (`amd64`, `arm64`) and `{cpu}` (the same
 * in Node's words: `x64`, `arm64`) stand for what they say.
 */
export interface Release {
  program: string;
  /** Default: the one that is built with Go. It stands here where `sha256` is of this version alone. */
  version?: string;
  platforms: readonly Platform[];
  address: string;
  /** Files of the archive that are kept, side by side; the program is the first. Absent: what is fetched is the program itself. */
  members?: readonly string[];
  /** Where the publisher says the sha256 of what is fetched: that alone, or a line for each file as sha256sum writes them. */
  sums?: string;
  /** The sha256 where we know it; then nobody is asked. */
  sha256?: Partial<Record<Platform, string>>;
}

const LINUX = ["linux-x64", "linux-arm64"] as const;
const ALL = [...LINUX, "darwin-x64", "darwin-arm64"] as const;
const GITHUB = "https://github.com";
const MINIO = "2025-09-07T16-13-09Z";

function kubernetes(program: string, platforms: readonly Platform[]): Release {
  const address = `https://dl.k8s.io/release/v{version}/bin/{os}/{arch}/${program}`;
  return { program, platforms, address, sums: `${address}.sha256` };
}

function plugin(name: string): Release {
  return {
    program: `pulumi-resource-${name}`,
    platforms: ALL,
    address: `https://get.pulumi.com/releases/plugins/pulumi-resource-${name}-v{version}-{os}-{arch}.tar.gz`,
    members: [`pulumi-resource-${name}`],
    sums: `${GITHUB}/pulumi/pulumi-${name}/releases/download/v{version}/pulumi-${name}_{version}_checksums.txt`,
  };
}

/**
 * The releases, by program. Those of a rehearsal alone are for Linux, where rehearsals run: no Kubernetes server is published for macOS.
 * (late-2026.md; pulumi: .goreleaser.yml, .github/workflows/ci-prepare-release.yml, sdk/go/common/workspace/plugins.go; pulumi-kubernetes,
 * pulumi-minio, pulumi-command: .goreleaser.yml, whose sums have goreleaser's own name)
 */
export const RELEASES: readonly Release[] = [
  {
    program: "pulumi",
    platforms: ALL,
    address: "https://get.pulumi.com/releases/sdk/pulumi-v{version}-{os}-{cpu}.tar.gz",
    // The language host is what plain `pulumi up` needs beside it; the engine looks for it there.
    members: ["pulumi/pulumi", "pulumi/pulumi-language-nodejs"],
    sums: `${GITHUB}/pulumi/pulumi/releases/download/v{version}/pulumi-{version}-checksums.txt`,
  },
  plugin("kubernetes"),
  plugin("minio"),
  plugin("command"),
  {
    program: "etcd",
    platforms: LINUX,
    address: `${GITHUB}/etcd-io/etcd/releases/download/v{version}/etcd-v{version}-{os}-{arch}.tar.gz`,
    members: ["etcd-v{version}-{os}-{arch}/etcd"],
    sums: `${GITHUB}/etcd-io/etcd/releases/download/v{version}/SHA256SUMS`,
  },
  {
    program: "kwok",
    version: "0.8.0",
    platforms: LINUX,
    address: `${GITHUB}/kubernetes-sigs/kwok/releases/download/v{version}/kwok-{os}-{arch}`,
    // No sums are published. These are recorded, alike, by nixpkgs (kwok-bin), by the Arch user repository and by people who pin them.
    sha256: {
      "linux-x64": "f5a4385a2ae1b9dd7f8acae18e002a75c0ebba124ae9d7259aa8dadb50711f46",
      "linux-arm64": "628f7d277860f524a2a775c217adcc58828e7b59ab0933680315784f1b8b0e37",
    },
  },
  kubernetes("kube-apiserver", LINUX),
  kubernetes("kube-controller-manager", LINUX),
  kubernetes("kube-scheduler", LINUX),
  kubernetes("kubectl", ALL),
  {
    program: "minio",
    // The last release with programs; what is built is newer. The sums are GitHub's own of these files. (late-2026.md)
    version: MINIO,
    platforms: LINUX,
    address: `${GITHUB}/minio/minio/releases/download/RELEASE.{version}/minio.{os}-{arch}.RELEASE.{version}`,
    sha256: {
      "linux-x64": "7c5bd8512c6e966455b1d198209358b2d191c77a83ab377c4073281065fb855f",
      "linux-arm64": "5c83cd2cf151717ba0243f73e1c7802ff36e272b67144bdd7f1f7d684fd6f03d",
    },
  },
  {
    program: "helm",
    platforms: ALL,
    address: "https://get.helm.sh/helm-v{version}-{os}-{arch}.tar.gz",
    members: ["{os}-{arch}/helm"],
    sums: "https://get.helm.sh/helm-v{version}-{os}-{arch}.tar.gz.sha256sum",
  },
];

/** The release of one program for one platform, with nothing left to be put in. */
export interface PlatformRelease {
  program: string;
  version: string;
  platform: Platform;
  address: string;
  members?: readonly string[];
  sums?: string;
  sha256?: string;
}

/** What is published of a program for a platform; `undefined`: nothing. */
export function releaseFor(
  program: string,
  platform: string = `${process.platform}-${process.arch}`,
  releases: readonly Release[] = RELEASES,
): PlatformRelease | undefined {
  const release = releases.find((one) => one.program === program);
  const known = release?.platforms.find((one) => one === platform);
  if (!release || !known) return undefined;
  const version = release.version ?? PROGRAMS.find(({ name }) => name === program)?.version ?? "";
  const [os = "", cpu = ""] = known.split("-");
  const words: Record<string, string> = { version, os, cpu, arch: cpu === "x64" ? "amd64" : cpu };
  const put = (text: string) => text.replace(/\{(\w+)\}/g, (_all, word: string) => words[word] ?? "");
  return {
    program,
    version,
    platform: known,
    address: put(release.address),
    members: release.members?.map(put),
    sums: release.sums && put(release.sums),
    sha256: release.sha256?.[known],
  };
}
