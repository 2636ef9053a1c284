import { stat } from "node:fs/promises";
import type { Client } from "ssh2";
import { UserError } from "../program/errors.ts";
import { unlessEnded } from "../rest/ending.ts";
import { archiveOf, type BuilderChoice } from "./build.ts";
import { asCommand, probeScript, receiveScript, type NodeImage } from "./node-script.ts";
import { execute, onNode, type NodeAccess, type Ran } from "./ssh.ts";

/** One image to one node. Goes to the delivering program as JSON on its stdin: it holds the private key. */
export interface Order {
  image: NodeImage;
  access: NodeAccess;
  build: BuilderChoice & {
    /** Folder with the Dockerfile. For the delivering program from the checkout on, for {@link deliver} an absolute path. */
    context: string;
    buildArgs: Readonly<Record<string, string>>;
    platform: string;
    timeoutMs: number;
  };
  sendTimeoutMs: number;
}

export interface Surroundings {
  /** Folder for archives of images that were built. */
  folder: string;
  env: NodeJS.ProcessEnv;
}

const PROBE_MS = 60_000;

/**
 * Whether a node has an image that was built from just this.
 * @param signal ends the look
 * @throws UserError
 */
export async function isOnNode(image: NodeImage, access: NodeAccess, signal?: AbortSignal): Promise<boolean> {
  const look = (client: Client) => execute(client, asCommand(probeScript(image), access.sudo), { timeoutMs: PROBE_MS });
  const ran = await unlessEnded(signal, () => onNode(access, look, signal));
  if (ran.code !== 0) throw refusal(access, image, ran);
  return ran.stdout.trim() === "present";
}

/**
 * Builds an image and puts it on a node, unless it is there.
 * @returns whether it was sent
 * @throws UserError naming the node
 */
export async function deliver(order: Order, surroundings: Surroundings): Promise<"there already" | "delivered"> {
  const { image, access, build, sendTimeoutMs } = order;
  if (await isOnNode(image, access)) return "there already";
  const archive = await archiveOf({ ...build, ...image }, build, surroundings);
  const { size } = await stat(archive);
  const ran = await onNode(access, (client) =>
    execute(client, asCommand(receiveScript(image, size), access.sudo), { stdin: archive, timeoutMs: sendTimeoutMs }),
  );
  if (ran.code !== 0) throw refusal(access, image, ran);
  // An image whose name is not the one it was to have would be found by no pod.
  if (!(await isOnNode(image, access))) {
    throw new UserError(
      `k3s on node \`${access.node}\` imported the archive, and does not list ${image.reference}. Look at k3s ctr images ls there.`,
    );
  }
  return "delivered";
}

const CURES: readonly { words: RegExp; cure: string }[] = [
  {
    words: /no space left|disk quota/i,
    cure: "Its disk is full: free space there, then run again; what was there of the image is gone.",
  },
  {
    words: /sudo: .*(password|terminal)|not in the sudoers/i,
    cure: "Let the user call k3s by sudo without a password there, or sign in as root.",
  },
  { words: /sudo: .*not found|sudo: No such file/i, cure: "Set `sudo` of that node to false, and sign in as root." },
  { words: /k3s: .*not found/i, cure: "K3s is not installed there, or not on the PATH of that user." },
  { words: /permission denied/i, cure: "Set `sudo` of that node to true, or sign in as root." },
  { words: /no such file or directory/i, cure: "Is `dataDir` of that node K3s' data folder, and has K3s run there?" },
];

function refusal({ node }: NodeAccess, { reference }: NodeImage, { code, stdout, stderr }: Ran): UserError {
  const words = (stderr.trim() || stdout.trim()).split("\n").slice(-8).join("\n");
  const cure = CURES.find((one) => one.words.test(words))?.cure ?? "Look at it there, then run again.";
  const end = code === undefined ? "the connection broke off" : `exit status ${code}`;
  return new UserError(`Node \`${node}\` did not take ${reference} (${end}): ${words || "nothing was said"}\n${cure}`);
}
