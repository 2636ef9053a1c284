/** How a program is asked for its version, and which answers fit. */
export interface VersionCheck {
  args: readonly string[];
  /** The first group is the version; further groups are joined to it by dots (MinIO's releases are dates). */
  pattern: RegExp;
  /** Versions that fit when found on PATH, as a semver range. */
  range: string;
}

/** One program of the engine or of the rehearsal cluster. */
export interface Program {
  name: string;
  /** That of a built one, which `tools/<module>/go.mod` pins, else the one that is fetched. */
  version: string;
  /** Absent: the program tells no version; only its place in a plugin folder does. */
  found?: VersionCheck;
  /** Where Pulumi keeps it, if it is a plugin: `resource-<name>-v<version>` under `plugins`. */
  pluginFolder?: string;
  /** What a person without Go installs. */
  install: string;
  /** Left out unless asked for by name. */
  optional?: boolean;
}

/** A program that can be built here. */
export interface BuiltProgram extends Program {
  /** Folder under `tools/`. */
  module: string;
  package: string;
  tags?: readonly string[];
  /** Linker stamps, `import/path.Variable=value`: without them these programs say no or a wrong version. */
  stamps?: readonly string[];
  /** Packages that are compiled without optimization: many, and hardly run. */
  unoptimized?: string;
  /** Environment of `go generate`, for the module that needs it before its build. */
  generate?: Readonly<Record<string, string>>;
  /** Seconds of a cold build on two cores (measured 2026-11), without `shared`. */
  seconds: number;
  /** Seconds more for the first program of a module that is built, for the packages which they share. */
  shared?: number;
}

/** Whether Go can build it. */
export function isBuilt(program: Program): program is BuiltProgram {
  return "module" in program;
}

/** The version of Kubernetes that is built, and that goes for the cluster where nothing else says one. */
export const KUBERNETES = "1.36.3";
const KUBERNETES_STAMPS = ["k8s.io/component-base/version", "k8s.io/client-go/pkg/version"].flatMap((module) => [
  `${module}.gitVersion=v${KUBERNETES}`,
  `${module}.gitMajor=1`,
  `${module}.gitMinor=${KUBERNETES.split(".")[1] ?? ""}`,
]);

function kubernetes(name: string, seconds: number, found: VersionCheck): BuiltProgram {
  return {
    name,
    version: KUBERNETES,
    found,
    module: "kubernetes",
    package: `k8s.io/kubernetes/cmd/${name}`,
    stamps: KUBERNETES_STAMPS,
    seconds,
    shared: 55,
    install: "https://kubernetes.io/releases/download/",
  };
}

// A server must be of a minor version that the example lab went up on; etcd and kwok of the one that Kubernetes goes with.
// (addresses-and-kubernetes.md, 2: Kubernetes 1.36.3 and 1.37.2)
const KUBERNETES_RANGE = ">=1.35.0 <1.38.0";
const SERVER: VersionCheck = {
  args: ["--version"],
  pattern: /Kubernetes v(\d+\.\d+\.\d+)/,
  range: KUBERNETES_RANGE,
};

/** A plugin of the engine for which a rehearsal has a stand-in; no module of it builds. */
function plugin(name: string, version: string): Program {
  return {
    name: `pulumi-resource-${name}`,
    version,
    pluginFolder: `resource-${name}-v${version}`,
    install: `pulumi plugin install resource ${name} ${version}`,
    optional: true,
  };
}

/** The engine that is built. One from PATH is of this version or a newer one. */
export const ENGINE_VERSION = "3.246.0";

/** Every program, in the order they are built: what the others wait for least comes last. */
export const PROGRAMS: readonly (Program | BuiltProgram)[] = [
  {
    name: "pulumi",
    version: ENGINE_VERSION,
    found: { args: ["version"], pattern: /v?(\d+\.\d+\.\d+)/, range: `^${ENGINE_VERSION}` },
    module: "pulumi",
    package: "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
    tags: ["osusergo", "grpcnotrace"],
    stamps: [`github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v${ENGINE_VERSION}`],
    seconds: 191,
    install: "https://www.pulumi.com/docs/install/",
  },
  {
    name: "etcd",
    version: "3.6.14",
    found: { args: ["--version"], pattern: /etcd Version: (\d+\.\d+\.\d+)/, range: "~3.6.0" },
    module: "etcd",
    package: "go.etcd.io/etcd/server/v3",
    seconds: 20,
    install: "https://github.com/etcd-io/etcd/releases/tag/v3.6.14",
  },
  {
    name: "kwok",
    version: "0.8.0",
    found: { args: ["--version"], pattern: /version v(\d+\.\d+\.\d+)/, range: "~0.8.0" },
    module: "kwok",
    package: "sigs.k8s.io/kwok/cmd/kwok",
    seconds: 66,
    install: "https://github.com/kubernetes-sigs/kwok/releases/tag/v0.8.0",
  },
  kubernetes("kube-apiserver", 195, SERVER),
  kubernetes("kube-controller-manager", 32, SERVER),
  kubernetes("kube-scheduler", 12, SERVER),
  // kubectl works one minor version to either side of its server's (kubernetes.io/releases/version-skew-policy).
  kubernetes("kubectl", 12, {
    args: ["version", "--client"],
    pattern: /Client Version: v(\d+\.\d+\.\d+)/,
    range: KUBERNETES_RANGE,
  }),
  {
    name: "pulumi-resource-kubernetes",
    version: "4.25.0",
    pluginFolder: "resource-kubernetes-v4.25.0",
    module: "pulumi-resource-kubernetes",
    package: ".",
    stamps: ["github.com/pulumi/pulumi-kubernetes/provider/v4/pkg/version.Version=4.25.0"],
    // 26 MB of generated constructors, of which a third of the build was.
    unoptimized: "github.com/pulumi/pulumi-kubernetes/sdk/v4/...",
    generate: { VERSION: "4.25.0" },
    seconds: 380,
    install: "pulumi plugin install resource kubernetes 4.25.0",
  },
  {
    name: "minio",
    version: "2026.2.12",
    found: { args: ["--version"], pattern: /RELEASE\.(\d{4})-(\d{2})-(\d{2})T/, range: ">=2024.1.1" },
    module: "minio",
    package: "github.com/minio/minio",
    seconds: 115,
    // dl.min.io is gone since 2026-09, the images of Docker Hub too; the last release with programs is kept by GitHub. (late-2026.md)
    install: "https://github.com/minio/minio/releases/tag/RELEASE.2025-09-07T16-13-09Z",
  },
  {
    name: "helm",
    version: "3.21.4",
    found: { args: ["version", "--short"], pattern: /v(\d+\.\d+\.\d+)/, range: "^3.14.0" },
    module: "helm",
    package: "helm.sh/helm/v3/cmd/helm",
    seconds: 54,
    install: "https://helm.sh/docs/intro/install/",
    optional: true,
  },
  plugin("minio", "0.17.1"),
  plugin("command", "1.2.1"),
];
