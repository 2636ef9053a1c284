import type * as auto from "@pulumi/pulumi/automation/index.js";
import type { LabConfig } from "../../components/config.ts";
import { PROJECT } from "../../components/config.ts";
import { isMap } from "../../components/maps.ts";
import { askStore } from "./ask.ts";

/**
 * Refuses to go on unless the object store answers to the credentials in the stack's configuration. To be called by every verb that lets the
 * engine read what is there, before it does. (components/storage/guards.ts, refresh-unreachable)
 * @param lab the lab as the stack file has it; its secrets are sealed, so they are read from the stack
 * @throws UserError naming the key and the cure
 */
export async function assertStoreAnswers(stack: Pick<auto.Stack, "getAllConfig">, lab: LabConfig): Promise<void> {
  if (lab.objectStore?.credentials.accessKey === undefined || lab.objectStore.credentials.secretKey === undefined)
    return;
  const { value = "{}" } = (await stack.getAllConfig())[`${PROJECT}:objectStore`] ?? {};
  const section: unknown = JSON.parse(value);
  const credentials = isMap(section) && isMap(section["credentials"]) ? section["credentials"] : {};
  await askStore(lab.objectStore, {
    accessKey: String(credentials["accessKey"]),
    secretKey: String(credentials["secretKey"]),
  });
}
