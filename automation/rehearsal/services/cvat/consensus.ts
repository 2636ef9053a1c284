import { json } from "./answers.ts";
import { byId, mayTouch, page, type Asked, type Route } from "./asked.ts";
import { shareField } from "./fields.ts";
import { oneTask } from "./owned.ts";
import type { StoredConsensusSettings, StoredTask } from "./store.ts";

/** How replicas of jobs are merged. (ConsensusSettingsViewSet in cvat/apps/consensus/views.py; cvat-real-third-look.md 6.7) */
export const CONSENSUS_ROUTES: readonly Route[] = [
  {
    path: /^consensus\/settings$/,
    methods: {
      GET: (asked) => {
        const task = asked.query.get("task_id");
        const tasks = asked.state.tasks.filter(
          (one) => (task === null || String(one.id) === task) && mayTouch(asked, one, "maintainer"),
        );
        return page(
          asked,
          "consensus/settings",
          tasks.flatMap((one) => settingsOf(asked, one) ?? []),
          (_, one) => one,
        );
      },
    },
  },
  {
    path: /^consensus\/settings\/(\d+)$/,
    methods: {
      PATCH: (asked) => {
        const settings = byId(asked, asked.state.consensusSettings, "ConsensusSettings");
        oneTask({ ...asked, parts: [String(settings.task_id)] });
        settings.iou_threshold = shareField(asked.body, "iou_threshold") ?? settings.iou_threshold;
        return json(200, settings);
      },
    },
  },
];

/** A task without replicas has none. (cvat/apps/consensus/signals.py) */
function settingsOf(
  { state, store }: Asked,
  { id: task_id, consensus_replicas }: StoredTask,
): StoredConsensusSettings | undefined {
  if (consensus_replicas === 0) return undefined;
  const found = state.consensusSettings.find((one) => one.task_id === task_id);
  if (found) return found;
  const made = { id: store.next("consensusSettings"), task_id, iou_threshold: 0.4 };
  state.consensusSettings.push(made);
  return made;
}
