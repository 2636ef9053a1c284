import { json, type Answer } from "../answers.ts";
import { byId, page, type Asked } from "../asked.ts";
import { choiceField, shareField } from "../fields.ts";
import { oneTask } from "../owned.ts";
import type { State, StoredQualitySettings, Store } from "../store.ts";

const METRICS = ["accuracy", "precision", "recall"];

/** A task's, made when they are first asked for. (cvat-real-third-look.md, 6.6) */
export function settingsOf({ state, store }: { state: State; store: Store }, task_id: number): StoredQualitySettings {
  const found = state.qualitySettings.find((one) => one.task_id === task_id);
  if (found) return found;
  const made: StoredQualitySettings = {
    ...{ id: store.next("qualitySettings"), task_id, iou_threshold: 0.4, target_metric: "accuracy" },
    ...{ target_metric_threshold: 0.7, max_validations_per_job: 0 },
  };
  state.qualitySettings.push(made);
  return made;
}

export function listSettings(asked: Asked): Answer {
  const task = asked.query.get("task_id");
  if (task !== null) settingsOf(asked, oneTask({ ...asked, parts: [task] }).id);
  const found = asked.state.qualitySettings.filter(({ task_id }) => task === null || String(task_id) === task);
  return page(asked, "quality/settings", found, (_, one) => one);
}

export function changeSettings(asked: Asked): Answer {
  const { body, state } = asked;
  const settings = byId(asked, state.qualitySettings, "QualitySettings");
  oneTask({ ...asked, parts: [String(settings.task_id)] });
  for (const field of ["iou_threshold", "target_metric_threshold"] as const)
    settings[field] = shareField(body, field) ?? settings[field];
  if (body["target_metric"] !== undefined) settings.target_metric = choiceField(body, "target_metric", METRICS);
  if (body["max_validations_per_job"] !== undefined)
    settings.max_validations_per_job = Number(body["max_validations_per_job"]);
  return json(200, settings);
}
