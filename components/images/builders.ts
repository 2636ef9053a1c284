import type { Build } from "./context.ts";

/** A program that builds images on this machine. */
export interface Builder {
  name: "docker" | "buildah";
  /** Asks it whether it can work: docker is a client, whose server may not run. */
  probe: readonly string[];
  build: (build: Build) => string[];
  /** Writes the image as an archive that containerd imports under its name. */
  save: (reference: string, file: string) => string[];
  /** What to install. */
  cure: string;
}

/** In the order in which they are looked for. */
export const BUILDERS: readonly Builder[] = [
  {
    name: "docker",
    probe: ["version", "--format", "{{.Server.Version}}"],
    build: (build) => ["build", ...commonOptions(build), build.context],
    save: (reference, file) => ["save", "--output", file, reference],
    cure: "install Docker (apt-get install docker.io) and let this user reach its daemon",
  },
  {
    name: "buildah",
    probe: ["version"],
    // Docker's format: an image in OCI's has no SHELL and no HEALTHCHECK.
    build: (build) => ["build", "--format", "docker", ...commonOptions(build), build.context],
    save: (reference, file) => ["push", reference, `docker-archive:${file}:${reference}`],
    cure: "install Buildah (apt-get install buildah)",
  },
];

function commonOptions({ reference, platform, buildArgs }: Build): string[] {
  return [
    "--platform",
    platform,
    "--tag",
    reference,
    ...Object.entries(buildArgs).flatMap(([name, value]) => ["--build-arg", `${name}=${value}`]),
  ];
}

// A builder runs what a Dockerfile says; the passphrase of the stack and cloud credentials are none of its business.
const HANDED_ON =
  /^(PATH|HOME|USER|LOGNAME|TMPDIR|LANG|LC_.*|XDG_.*|DOCKER_.*|BUILDKIT_.*|BUILDAH_.*|CONTAINERS_.*|STORAGE_.*|REGISTRY_AUTH_FILE|SSH_AUTH_SOCK|(HTTPS?|NO|ALL)_PROXY)$/i;

/** The part of an environment that a builder gets. */
export function builderEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => HANDED_ON.test(name)));
}
