import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { PulumiFn } from "@pulumi/pulumi/automation/index.js";
import type { Cluster } from "../../automation/rehearsal/cluster/cluster.ts";
import { ChartInstall } from "../../components/charts/install.ts";
import { OwnProvider } from "../../components/records/resource.ts";
import { GeneratedText } from "../../components/secrets/generated.ts";

const FILES = {
  "Chart.yaml": "apiVersion: v2\nname: tiny\nversion: 1.0.0\n",
  "templates/objects.yaml": `
apiVersion: v1
kind: ConfigMap
metadata: { name: {{ .Release.Name }} }
data:
  settings.ini: |
    [database]
    url = postgresql://tiny:{{ .Values.configMap }}@db/tiny
    generated = {{ .Values.generated }}
---
apiVersion: v1
kind: Secret
metadata: { name: {{ .Release.Name }} }
stringData: { password: {{ .Values.secret }} }
data: { encoded: {{ .Values.secret | b64enc }} }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: {{ .Release.Name }} }
spec:
  selector: { matchLabels: { app: tiny } }
  template:
    metadata: { labels: { app: tiny } }
    spec:
      containers:
        - name: tiny
          image: registry.example/tiny:1
          args: ["--token={{ .Values.environment }}"]
          env: [{ name: PASSWORD, value: {{ .Values.environment }} }]
`,
};

/** Writes a chart whose values end in a ConfigMap, in the environment and arguments of a Deployment, and in a Secret. */
export async function writeTinyChart(folder: string): Promise<string> {
  await mkdir(path.join(folder, "templates"), { recursive: true });
  for (const [name, text] of Object.entries(FILES)) await writeFile(path.join(folder, name), text);
  return folder;
}

export interface TinyOptions {
  /** Folder of the chart. */
  chart: string;
  cluster: Cluster;
  values: { configMap: string; environment: string; secret: string };
}

/** A program that installs the tiny chart as any chart is installed here, with secrets for its values. */
export function tinyProgram({ chart, cluster, values }: TinyOptions): PulumiFn {
  return () => {
    const { kubeconfig, context } = cluster;
    const provider = new k8s.Provider("tiny-cluster", { kubeconfig, context, clusterIdentifier: "tiny" });
    const made = new GeneratedText("tiny-made", { length: 24 }, { provider: new OwnProvider("tiny-generated") });
    const namespace = new k8s.core.v1.Namespace("tiny", { metadata: { name: "tiny" } }, { provider });
    const secret = Object.entries(values).map(([name, text]) => [name, pulumi.secret(text)]);
    const install = new ChartInstall("tiny", {
      title: "Tiny",
      chart: { name: "tiny", version: "1.0.0", path: chart, origin: "override" },
      release: "tiny",
      namespace: namespace.metadata.name,
      values: { ...Object.fromEntries(secret), generated: made.value } as pulumi.Inputs,
      fixes: [],
      stages: [],
      cluster: {
        provider,
        access: { kubeconfig, context },
        readyTimeoutMs: 60_000,
      },
    });
    return Promise.resolve({ ready: install.ready });
  };
}
