import type { CvatClient } from "../../../components/cvat/client/client.ts";
import { CvatError } from "../../../components/cvat/client/errors.ts";
import { UserError } from "../../../components/program/errors.ts";

/** A label that a function gives. */
export interface ModelLabel {
  name: string;
  /** `rectangle`, `mask`, …; `any` where the function does not say. */
  type: string;
  attributes: { name: string }[];
}

/** A function as CVAT knows it. */
export interface Model {
  id: string;
  kind: string;
  name: string;
  labels_v2: ModelLabel[];
}

/** @throws UserError, exit code 2, where there is none of the name, or it annotates nothing by itself */
export async function modelNamed(client: CvatClient, name: string): Promise<Model> {
  const model = await client.get<Model>(`lambda/functions/${encodeURIComponent(name)}`).catch((error: unknown) => {
    if (!(error instanceof CvatError) || error.status !== 404) throw error;
    return undefined;
  });
  if (model?.kind === "detector") return model;
  if (model)
    throw new UserError(`${name} (${model.kind}) annotates what a person points at. A detector is needed.`, {
      exitCode: 2,
    });
  const known = await client.get<Model[]>("lambda/functions");
  const detectors = known.filter(({ kind }) => kind === "detector").map(({ id }) => id);
  throw new UserError(`CVAT knows no function ${name}. Detectors: ${detectors.join(", ") || "none"}.`, { exitCode: 2 });
}
