import * as pulumi from "@pulumi/pulumi";
import type { Plan } from "../../components/lab/plan.ts";
import { urlsOfTasks } from "../../components/clearml/agent/agent.ts";
import { agentValues } from "../../components/clearml/agent/values.ts";
import { clearmlValues } from "../../components/clearml/values.ts";
import { cvatValues } from "../../components/cvat/values.ts";

/** The values our components give to the charts, as a person would keep them in files; secrets and digests are words of no meaning. */
export async function plainValues({
  cvat,
  clearml,
}: Plan): Promise<{ cvat: unknown; clearml: unknown; agent: unknown }> {
  const word = pulumi.output("unknown");
  const resolved = (values: pulumi.Inputs) => new Promise((resolve) => pulumi.output(values).apply(resolve));
  return {
    cvat:
      cvat &&
      (await resolved(
        cvatValues({
          plan: cvat,
          clickhousePassword: word,
          smokescreen: "",
        }),
      )),
    clearml:
      clearml &&
      (await resolved(
        clearmlValues({
          plan: clearml,
          digests: { apiserver: word, fileserver: word },
          store: true,
        }),
      )),
    agent:
      clearml?.agent &&
      (await resolved(agentValues({ plan: clearml.agent, urls: urlsOfTasks(clearml.config), s3: true, digest: word }))),
  };
}
