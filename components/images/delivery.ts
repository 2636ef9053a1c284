import path from "node:path";
import { local } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { ClusterAccess } from "../kubernetes/cluster.ts";
import { OwnResource } from "../records/resource.ts";
import { RunError } from "../program/run-errors.ts";
import { millisecondsOf } from "../schema/values.ts";
import type { BuilderChoice } from "./build.ts";
import type { DeliveryConfig, DeliveryNode } from "./delivery-config.ts";
import { buildDigest } from "./context.ts";
import type { Order } from "./deliver.ts";
import type { NodeImage } from "./node-script.ts";
import { checkNodes, nodesOf } from "./nodes.ts";
import type { NodeAccess } from "./ssh.ts";

export interface ImageDeliveryArgs {
  config: DeliveryConfig;
  /** The image's full name: `registry.internal/clearml-agent:2.0.7-2`. */
  reference: string;
  /** Folder with its Dockerfile, from the checkout on. */
  context: string;
  /** Absolute path of the checkout. No part of the plan: another checkout of the same commit comes to the same. */
  checkout: string;
  /** Where the names of the nodes are asked for. Left out: they are taken as they are. */
  access?: ClusterAccess;
}

/**
 * Runs the delivering program from the checkout, which it finds tsx from. Where that lies and which Node runs it comes by the environment of
 * the engine, from our verbs (automation/tools/environment.ts): written out they would differ on every machine. Under Pulumi's own
 * command line the engine works in the checkout, and node is on PATH or there were no program.
 */
const DELIVER =
  'cd "${VISION_PLATFORM_CHECKOUT:-.}" && exec "${VISION_PLATFORM_NODE:-node}" --import tsx automation/images/deliver.ts';

/** An image of ours on every node that may run it. With a registry there is nothing to do, and it registers nothing. */
export class ImageDelivery extends pulumi.ComponentResource {
  /** Names of the nodes that have it. Resolves when all of them do. */
  readonly nodes: pulumi.Output<string[]>;

  constructor(name: string, args: ImageDeliveryArgs, opts?: pulumi.ComponentResourceOptions) {
    super("vision-platform:images:ImageDelivery", name, {}, opts);
    const { config, reference, context, checkout, access } = args;
    const nodes = config.by === "nodes" ? config.nodes : [];
    const { buildArgs, platform, method } = config;
    const digest =
      nodes.length > 0 ? buildDigest({ context: path.resolve(checkout, context), reference, buildArgs, platform }) : "";
    const sound = nodes.length > 0 && access !== undefined ? checked(nodes, access) : undefined;

    const delivered = nodes.map((node) => {
      const image: NodeImage = { reference, digest, method, dataDir: node.dataDir };
      return toNode(`${name}-${node.node}`, { config, context, node, image, sound }, { parent: this });
    });
    // The check first: a resource whose inputs are refused is never registered, and whoever waits for its outputs waits for ever.
    this.nodes = pulumi.output(sound).apply(() => pulumi.all(delivered));
    this.registerOutputs({ nodes: this.nodes });
  }
}

interface ToNode {
  config: DeliveryConfig;
  context: string;
  node: DeliveryNode;
  image: NodeImage;
  sound: pulumi.Output<void> | undefined;
}

/**
 * Nothing is undone at delete: pods may run from the image. So the order of a replacement does not matter, and a change of the connection,
 * which runs the command again, costs one look at the node.
 */
function toNode(
  name: string,
  { config, context, node, image, sound }: ToNode,
  opts: pulumi.CustomResourceOptions,
): pulumi.Output<string> {
  const connection = pulumi.secret(
    pulumi.all([config.privateKey, sound]).apply(([privateKey]) => accessOf(node, privateKey ?? "", config)),
  );
  const builder: BuilderChoice = { builder: config.builder, builderPath: config.builderPath };
  const presence = new OwnResource(
    `${name}-presence`,
    "images:Presence",
    { image, connection, builder },
    ["generation"],
    opts,
  );
  const order = connection.apply((access): Order => ({
    image,
    access,
    build: {
      ...builder,
      context,
      buildArgs: config.buildArgs,
      platform: config.platform,
      timeoutMs: millisecondsOf(config.buildTimeout),
    },
    sendTimeoutMs: millisecondsOf(config.sendTimeout),
  }));
  const command = new local.Command(
    name,
    {
      create: DELIVER,
      // The private key is in it. A command line can be read by every user of the machine, an environment by its own. (plugins.md, section 4)
      stdin: order.apply((one) => JSON.stringify(one)),
      triggers: [image.digest, image.method, image.dataDir, presence.output<string>("generation")],
      logging: "none",
    },
    { ...opts, additionalSecretOutputs: ["stdout", "stderr"] },
  );
  return command.id.apply(() => node.node);
}

/** Whether the cluster has the nodes: at preview. */
function checked(nodes: readonly DeliveryNode[], access: ClusterAccess): pulumi.Output<void> {
  const check = async () => {
    try {
      checkNodes(
        nodes.map(({ node }) => node),
        await nodesOf(access),
      );
    } catch (error) {
      // The one that the engine shows without its stack trace.
      throw new RunError(error instanceof Error ? error.message : String(error));
    }
  };
  return pulumi.output(check());
}

function accessOf(node: DeliveryNode, privateKey: string, { connectTimeout }: DeliveryConfig): NodeAccess {
  const { host, port, user, hostKey, sudo } = node;
  return {
    node: node.node,
    host,
    port,
    user,
    hostKey,
    sudo: sudo && user !== "root",
    privateKey,
    connectTimeoutMs: millisecondsOf(connectTimeout),
  };
}
