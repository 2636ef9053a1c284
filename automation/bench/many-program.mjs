// @ts-check
// A bare Pulumi program of many ConfigMaps, in a process of its own and by Node as it is: nothing that our verbs do for their own speed may
// be done for it. `many-program.mjs ENGINE KUBECONFIG COUNT` runs the verbs that it is sent.
import * as k8s from "@pulumi/kubernetes";
import * as auto from "@pulumi/pulumi/automation/index.js";

const [, , root = "", kubeconfig = "", count = ""] = process.argv;
/** Beside the stack, its provider and the namespace. */
const others = Number(count) - 3;

const program = () => {
  const provider = new k8s.Provider("bare", { kubeconfig });
  const namespace = new k8s.core.v1.Namespace("bare", { metadata: { name: "bare" } }, { provider });
  for (let number = 0; number < others; number++) {
    const metadata = { name: `one-${number}`, namespace: "bare" };
    const data = { number: String(number) };
    new k8s.core.v1.ConfigMap(metadata.name, { metadata, data }, { provider, dependsOn: namespace });
  }
  return Promise.resolve({});
};

const stack = await auto.LocalWorkspace.createOrSelectStack(
  { stackName: "bare", projectName: "bare", program },
  { pulumiCommand: await auto.PulumiCommand.get({ root }) },
);

process.on("message", (verb) => {
  const run = verb === "up" ? stack.up() : stack.preview();
  run.then(
    () => process.send?.("done"),
    (error) => process.send?.(String(error)),
  );
});
process.send?.("done");
