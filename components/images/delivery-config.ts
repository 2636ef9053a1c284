import * as z from "zod";
import { host } from "../schema/hosts.ts";
import { environmentName, nodeName } from "../schema/pods.ts";
import { secretText, timeSpan } from "../schema/values.ts";
import { namesDockerHub, parseImage } from "./reference.ts";
import { PRIVATE_KEY } from "../schema/unfit-secrets.ts";
import { repeats, type Found } from "../schema/section-rules.ts";

// What a file name on a node, a shell and K3s all take as it is.
const absolutePath = z
  .string()
  .regex(/^(\/[A-Za-z0-9_.][A-Za-z0-9._-]*)+$/, "must be an absolute path of letters, digits, dots, - and _");

const node = z.strictObject({
  node: nodeName.describe("Name of the node in the cluster, as kubectl get nodes shows it."),
  host: host.describe("Where its SSH server is reached from the machine that runs pulumi."),
  port: z.int().min(1).max(65535).default(22).describe("Port of its SSH server."),
  user: z
    .string()
    .regex(/^[a-z_][a-z0-9_-]*$/, "must be a user name such as deploy")
    .describe("User who signs in there: root, or one who may call k3s by sudo without a password."),
  hostKey: z
    .string("is missing: without it anybody on the way could stand in for the node; ssh-keyscan HOST shows it")
    .regex(
      /^(\S+ )?(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(256|384|521)) [A-Za-z0-9+/]+={0,2}( .*)?$/,
      "must be the host's public key, as in /etc/ssh/ssh_host_ed25519_key.pub on the node: `ssh-ed25519 AAAA...`",
    )
    .describe("Public key of the SSH server, as its .pub file has it. Nothing is sent to a server with another one.")
    .meta({ examples: ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA..."] }),
  sudo: z.boolean().default(true).describe("Whether k3s is called by sudo. Not needed, and not done, as root."),
  dataDir: absolutePath
    .default("/var/lib/rancher/k3s")
    .describe("K3s' data folder on the node, where it was installed with --data-dir."),
});

/** Schema of `clearml.agent.image.delivery`: how an image of ours gets to the nodes. */
export const deliveryConfig = z.strictObject({
  by: z
    .enum(["registry", "nodes"])
    .default("registry")
    .describe("registry: it is there already, and nodes pull it. nodes: it is built here and carried to each node."),
  nodes: z.array(node).default([]).describe("The nodes it is carried to: each that may run it."),
  privateKey: secretText({ max: 16_384, unfit: PRIVATE_KEY })
    .optional()
    .describe("Private key that signs in on every node, without a passphrase."),
  method: z
    .enum(["images-folder", "ctr-import"])
    .default("images-folder")
    .describe(
      "images-folder: the archive stays in K3s' folder of images, safe from the kubelet's image collection. " +
        "ctr-import: only imported, which takes half the space; the kubelet may remove it when the disk is full.",
    ),
  builder: z.enum(["auto", "docker", "buildah"]).default("auto").describe("What builds it on this machine."),
  builderPath: absolutePath
    .optional()
    .describe("Path of that program, where it is not found by its name. Needs a builder that is named."),
  buildArgs: z
    .record(environmentName, z.string())
    .default({})
    .describe("Build arguments, such as PYTHON: python@sha256:... Not for secrets: they stay in the image."),
  platform: z
    .enum(["linux/amd64", "linux/arm64"])
    .default("linux/amd64")
    .describe("What the nodes are. The builder must be able to build for it."),
  buildTimeout: timeSpan.default("30m").describe("How long a build may take."),
  sendTimeout: timeSpan.default("15m").describe("How long it may take to send and import it on one node."),
  connectTimeout: timeSpan.default("15s").describe("How long one attempt to reach a node may take; three are made."),
});

export type DeliveryConfig = z.output<typeof deliveryConfig>;
export type DeliveryNode = DeliveryConfig["nodes"][number];

/** What holds of the keys of a delivery and of the image it carries. `path` of each is below the delivery. */
export function deliveryProblems(delivery: DeliveryConfig): Found[] {
  const { by, nodes, builder, builderPath } = delivery;
  if (by === "registry") return [];
  return [
    ...(nodes.length === 0
      ? [{ path: ["nodes"], message: "lists no node, so the image would get nowhere; list each node that may run it" }]
      : []),
    ...repeats(nodes.map((one, index) => [index, one.node] as const)).map(({ key, first }) => ({
      path: ["nodes", key, "node"],
      message: `is the node of nodes[${first}] already; list each node once`,
    })),
    ...repeats(nodes.map((one, index) => [index, `${one.host}:${one.port}`] as const)).map(({ key, first }) => ({
      path: ["nodes", key, "host"],
      message: `is the SSH server of nodes[${first}] already; one of the two nodes would be left without the image`,
    })),
    ...(builder === "auto" && builderPath !== undefined
      ? [{ path: ["builder"], message: "must say what the program at builderPath is: docker or buildah" }]
      : []),
  ];
}

/** What is wrong with the full name of an image that is carried to nodes; undefined when nothing is. */
export function referenceProblem(reference: string): string | undefined {
  const image = parseImage(reference);
  if (!image || image.digest !== undefined) return "must be an image such as registry.internal/clearml-agent:2.0.7-2";
  if (namesDockerHub(image)) {
    return "begins with docker.io, from where anybody could publish an image of that name; name a registry of your own, which need not exist";
  }
  if (image.tag === undefined) return "has no tag, which means latest; give it a version";
  if (image.tag === "latest") {
    return "has the tag latest, which Kubernetes pulls at each start and so never takes from the node; give it a version";
  }
  return image.registry !== undefined
    ? undefined
    : "has no registry in front, so that docker.io is put there; name one of your own, which need not exist";
}
