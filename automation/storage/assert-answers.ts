import type * as auto from "@pulumi/pulumi/automation/index.js";
import { PROJECT } from "../../components/config.ts";
import { objectStoreConfig } from "../../components/storage/config.ts";
import { askStore } from "./ask.ts";
import type { Credentials } from "./client.ts";

/**
 * Refuses to go on unless the object store answers to the credentials in the stack's configuration. The engine is not let to read what is
 * there before. (components/storage/guards.ts, refresh-unreachable)
 * @throws UserError naming the key and the cure
 */
export async function assertStoreAnswers(stack: Pick<auto.Stack, "getAllConfig">): Promise<void> {
  const { value } = (await stack.getAllConfig())[`${PROJECT}:objectStore`] ?? {};
  if (value === undefined) return;
  const section = JSON.parse(value) as { credentials?: Partial<Credentials> };
  const { accessKey, secretKey } = section.credentials ?? {};
  if (accessKey === undefined || secretKey === undefined) return;
  await askStore(objectStoreConfig.parse(section), { accessKey, secretKey });
}
