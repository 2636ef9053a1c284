import { PROJECT } from "../../components/lab/sections.ts";
import { isMap } from "../../components/program/maps.ts";
import type { Login } from "../charts/registry.ts";
import type { StackFile } from "../stackfile/stack-file.ts";

/**
 * Name and password of the registry as a stack file has them; undefined where it has none.
 * @param secrets the secrets of the stack file in clear, by their keys: what the engine opens. Asked where the password lies sealed
 */
export async function loginIn(
  { sections }: StackFile,
  secrets: () => Promise<readonly { key: string; value: string }[]>,
): Promise<Login | undefined> {
  const images = sections["images"];
  if (!isMap(images) || typeof images["username"] !== "string" || images["password"] === undefined) return undefined;
  const { username, password: stated } = images;
  const password =
    typeof stated === "string"
      ? stated
      : (await secrets()).find(({ key }) => key === `${PROJECT}:images.password`)?.value;
  return password === undefined ? undefined : { username, password };
}
