import { errorPage, json, Refusal, refuse } from "../answers.ts";
import type { Asked } from "../asked.ts";
import { picture } from "../data/look.ts";
import type { StoredTask } from "../store.ts";
import { fits, type Mapping } from "./mapping.ts";

type Json = Record<string, unknown>;

/** What a function found on one frame, in the words of annotations. */
export interface Found {
  tags: Json[];
  shapes: Json[];
}

export interface Call {
  id: string;
  threshold: unknown;
  mapping: Mapping;
  masksToPolygons: boolean;
}

/**
 * Has a function look at one frame, through Nuclio's dashboard: its original bytes, and the threshold as it is.
 * (9.5; cvat-real-third-look.md, 7.1, 7.2)
 */
export async function look(
  asked: Pick<Asked, "store" | "state" | "config">,
  task: StoredTask,
  frame: number,
  { id, threshold, mapping, masksToPolygons }: Call,
): Promise<Found> {
  const size = task.data?.size ?? 0;
  if (frame < 0 || frame >= size)
    throw refuse(400, [`Invalid frame '${frame}'. The frame number should be in the [0, ${size}] range`]);
  const { bytes } = await picture(asked, task, frame);
  const body = { ...(threshold ? { threshold } : {}), image: bytes.toString("base64") };
  const found = await invoked(asked.config.nuclio, id, body);
  if (!Array.isArray(found)) throw new Refusal(errorPage(500, "Server Error (500)"));
  const result: Found = { tags: [], shapes: [] };
  for (const one of found as Json[]) {
    const mapped = mapping.get(String(one["label"]));
    const type = String(one["type"]).toLowerCase();
    // Dropped without a word.
    if (!mapped || !fits(type, mapped.label)) continue;
    const attributes = ((one["attributes"] ?? []) as { name: string; value: unknown }[]).flatMap(({ name, value }) => {
      const spec_id = mapped.attributes.get(name);
      return spec_id === undefined ? [] : [{ spec_id, value: String(value) }];
    });
    const common = { frame, label_id: mapped.label.id, source: "auto", attributes, group: one["group_id"] ?? null };
    if (type === "tag") result.tags.push({ ...common, group: null });
    else
      result.shapes.push({
        ...common,
        ...{ type, points: one["points"] ?? [], occluded: false, outside: one["outside"] ?? false, z_order: 0 },
        ...(one["rotation"] !== undefined && { rotation: one["rotation"] }),
        ...(type === "mask" && masked(one, masksToPolygons)),
      });
  }
  return result;
}

/** A mask's bits become runs of zeros and ones; or it is taken for its outline. */
function masked({ mask = [], points }: { mask?: unknown; points?: unknown }, masksToPolygons: boolean): Json {
  if (masksToPolygons && points !== undefined) return { type: "polygon", points };
  const bits = mask as number[];
  const runs: number[] = [];
  let value = 0;
  let run = 0;
  for (const bit of bits.slice(0, -4)) {
    if (bit !== value) {
      runs.push(run);
      [value, run] = [bit, 0];
    }
    run += 1;
  }
  return { type: "mask", points: [...runs, run, ...bits.slice(-4)] };
}

async function invoked(nuclio: string | undefined, id: string, body: Json): Promise<unknown> {
  const headers = {
    "Content-Type": "application/json",
    "x-nuclio-project-name": "cvat",
    "x-nuclio-invoke-via": "domain-name",
    "x-nuclio-function-name": id,
    "x-nuclio-path": "/",
  };
  const url = `${nuclio ?? ""}/api/function_invocations`;
  const answer =
    nuclio && (await fetch(url, { method: "POST", headers, body: JSON.stringify(body) }).catch(() => undefined));
  if (!answer)
    throw new Refusal(json(503, "('Connection aborted.', RemoteDisconnected('Remote end closed connection'))"));
  if (!answer.ok) {
    const side = answer.status >= 500 ? "Server" : "Client";
    throw new Refusal(json(answer.status, `${answer.status} ${side} Error: ${answer.statusText} for url: ${url}`));
  }
  try {
    return await answer.json();
  } catch {
    throw new Refusal(json(500, "Expecting value: line 1 column 1 (char 0)"));
  }
}
