import { sizeText } from "../text.ts";
import type { About } from "./bundle.ts";
import type { Lock } from "./sealed.ts";

/** What a stack's backup has in it, and what must be kept elsewhere. */
export function madeText(file: string, bytes: number, about: About, lock: Lock): string {
  const { stack, cluster, files, without } = about;
  const named = files.flatMap((one) => one.named ?? []);
  const hasPassphrase = files.some(({ name }) => name === "passphrase");
  return [
    `${file} has what stack ${stack} begins again with (${sizeText(bytes)}, a file of age):`,
    `  ${stateText(about)}`,
    `  Pulumi.${stack}.yaml, Pulumi.yaml${named.length > 0 ? `, and what it names: ${named.join(", ")}` : ""}`,
    `  the kubeconfig of ${cluster}`,
    `  made by ${programText(about)}`,
    ...(hasPassphrase ? ["  the stack's passphrase"] : []),
    ...without.map((one) => `Not in it: ${one}.`),
    ...(hasPassphrase ? [] : [`Not in it: ${secretText(about)}`]),
    `The data of the lab is not in it: see npm run platform -- backup ls --stack ${stack}`,
    "passphrase" in lock
      ? `It opens with the passphrase that you gave${hasPassphrase ? ", and then everything else does" : ""}. Keep that where you reach it when every machine of the lab is gone, and not beside this file.`
      : `It opens with the private key of ${lock.recipient}${hasPassphrase ? ", and then everything else does" : ""}. Keep that key where you reach it when every machine of the lab is gone, and not beside this file.`,
    `To begin again: npm run platform -- backup open ${file}`,
  ].join("\n");
}

/** Where what opens the secrets must be kept. */
function secretText({ state: { secrets } }: About): string {
  return secrets === undefined || secrets === "passphrase"
    ? "the stack's passphrase (PULUMI_CONFIG_PASSPHRASE). Nobody can make it again, and without it no secret of the stack opens, here or anywhere. Keep it elsewhere than this file: in a password manager, or on paper."
    : `the key of ${secrets}, which the stack's secrets open with. Where that service or your right to it is gone, no secret of the stack opens.`;
}

export function stateText({ state: { resources, saved, pending, secrets } }: About): string {
  const of = saved === undefined ? "" : ` of ${saved.slice(0, 19).replace("T", " ")} UTC`;
  const begun = pending > 0 ? `, ${pending} of them begun and not ended` : "";
  return `the state${of}: ${resources} resources${begun}${secrets === undefined ? "" : ", secrets encrypted"}`;
}

/** `version 1.0.0 of this program, commit 0f6e1a2b with changes`. */
export function programText({ program: { version, commit, changed } }: About): string {
  const at = commit === undefined ? "" : `, commit ${commit.slice(0, 12)}${changed ? " with changes" : ""}`;
  return `version ${version} of this program${at}`;
}
