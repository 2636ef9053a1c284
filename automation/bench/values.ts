import * as pulumi from "@pulumi/pulumi";
import { installedVersions } from "../../components/charts/versions.ts";
import type { LabConfig } from "../../components/lab/sections.ts";
import { urlsOfTasks } from "../../components/clearml/agent/agent.ts";
import { agentValues } from "../../components/clearml/agent/values.ts";
import { clearmlValues } from "../../components/clearml/values.ts";
import { CLEARML_VERSIONS, clearmlWish } from "../../components/clearml/versions.ts";
import { cvatValues } from "../../components/cvat/values.ts";

/** The values our components give to the charts, as a person would keep them in files; secrets and digests are words of no meaning. */
export async function plainValues(
  lab: LabConfig,
  charts: { cvat: string },
): Promise<{ cvat: unknown; clearml: unknown; agent: unknown }> {
  const word = pulumi.output("bench");
  const resolved = (values: pulumi.Inputs) => new Promise((resolve) => pulumi.output(values).apply(resolve));
  return {
    cvat: await resolved(
      cvatValues({
        config: lab.cvat,
        chart: charts.cvat,
        storageClass: lab.cluster.storageClass,
        ingressClass: lab.cluster.ingressClass,
        clickhousePassword: word,
        smokescreen: "",
      }),
    ),
    clearml: await resolved(
      clearmlValues({
        config: lab.clearml,
        versions: installedVersions(CLEARML_VERSIONS, clearmlWish(lab.clearml)),
        storageClass: lab.cluster.storageClass,
        digests: { apiserver: word, fileserver: word },
        store: true,
      }),
    ),
    agent: await resolved(
      agentValues({ config: lab.clearml.agent, urls: urlsOfTasks(lab.clearml), s3: true, digest: word }),
    ),
  };
}
