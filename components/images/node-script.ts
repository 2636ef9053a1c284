/** What is looked for or put on a node. */
export interface NodeImage {
  reference: string;
  /** Digest of what it was built from. */
  digest: string;
  method: "images-folder" | "ctr-import";
  /** K3s' data folder. */
  dataDir: string;
}

// Says what an image that was only imported was built from. The other one is containerd's own for "never collect". (k3s#8781 sets it too)
const DIGEST_LABEL = "vision-platform/digest";
const PINNED = "io.cri-containerd.pinned=pinned";

/** Name of the archive in K3s' folder of images. The digest is part of it, so that one rename puts both there. */
function archiveName({ reference, digest }: NodeImage): string {
  return `${stem(reference)}-${digest}.tar`;
}

const stem = (reference: string) => reference.replace(/:[^:/]*$/, "").replaceAll(/[^A-Za-z0-9.-]/g, "_");

/** Shell text that answers `present` or `absent`. It changes nothing. */
export function probeScript(image: NodeImage): string {
  const { dataDir, method, reference, digest } = image;
  const folder = `${dataDir}/agent/images`;
  const imported =
    method === "ctr-import"
      ? `grep -q -F ${quote(`${DIGEST_LABEL}=${digest}`)}`
      : `grep -q -F ${quote(`${reference} `)} && [ -f ${quote(`${folder}/${archiveName(image)}`)} ]`;
  return [
    "set -eu",
    `images="$(k3s ctr images ls ${quote(`name==${reference}`)})"`,
    `if printf '%s \\n' "$images" | ${imported}; then echo present; else echo absent; fi`,
  ].join("\n");
}

/**
 * Shell text that takes the archive from stdin. It is written beside the folder that K3s watches, under another name, measured, imported,
 * and moved there: K3s never meets half an archive, and what a failure leaves is taken away.
 * @param size of the archive, in bytes
 */
export function receiveScript(image: NodeImage, size: number): string {
  const { dataDir, method, reference, digest } = image;
  const agent = `${dataDir}/agent`;
  const begin = `${agent}/vision-platform-${stem(reference)}`;
  const folder = `${agent}/images`;
  return [
    "set -eu",
    // What a connection that broke off left there, once nobody can be writing it any more.
    `find ${quote(agent)} -maxdepth 1 -name ${quote(`${begin.slice(agent.length + 1)}.*`)} -mmin +60 -exec rm -f {} +`,
    `part="$(mktemp ${quote(`${begin}.XXXXXXXX`)})"`,
    `trap 'rm -f "$part"' EXIT`,
    `trap 'exit 1' HUP INT TERM`,
    `cat > "$part"`,
    `got="$(wc -c < "$part")"`,
    `[ "$got" -eq ${size} ] || { echo "only $got of ${size} bytes arrived" >&2; exit 1; }`,
    `k3s ctr images import "$part" >&2`,
    ...(method === "ctr-import"
      ? [`k3s ctr images label ${quote(reference)} ${quote(`${DIGEST_LABEL}=${digest}`)} ${PINNED} >&2`]
      : [
          `mkdir -p ${quote(folder)}`,
          `chmod 0644 "$part"`,
          `mv -f "$part" ${quote(`${folder}/${archiveName(image)}`)}`,
          // Archives of the same image as it was before: K3s would import them again at its next start, in any order.
          `find ${quote(folder)} -maxdepth 1 -name ${quote(`${stem(reference)}-${"[0-9a-f]".repeat(64)}.tar`)} ! -name ${quote(archiveName(image))} -exec rm -f {} +`,
        ]),
    "echo delivered",
  ].join("\n");
}

/** A shell script as one command, run as root if need be. */
export function asCommand(script: string, sudo: boolean): string {
  return `${sudo ? "sudo -n " : ""}sh -c ${quote(script)}`;
}

/** A text as one word of a POSIX shell. */
export function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
