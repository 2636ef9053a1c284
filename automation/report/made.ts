import { textTable } from "./table.ts";

/** The outputs that say what a run makes inside the systems. */
interface Made {
  objectStore?: { buckets?: Record<string, string>; users?: readonly string[] };
  cvat?: { users?: readonly string[]; cloudStorages?: readonly string[]; projects?: readonly string[] };
  functions?: Record<string, { kind: string; image: string; runtimeClass: string }>;
  agent?: { namespace?: string; queue?: string; image?: string };
}

/** What is inside the systems, as a table: buckets, users, storages, projects, functions, the agent. Empty where a lab has none of it. */
export function madeText(outputs: Readonly<Record<string, unknown>>): string {
  const { objectStore, cvat, functions = {}, agent } = outputs as Made;
  const rows: [string, string | undefined][] = [
    ["buckets", list(Object.values(objectStore?.buckets ?? {}))],
    ["users of the object store", list(objectStore?.users)],
    ["users of CVAT", list(cvat?.users)],
    ["cloud storages of CVAT", list(cvat?.cloudStorages)],
    ["projects of CVAT", list(cvat?.projects)],
    ...Object.entries(functions).map(([name, { kind, image, runtimeClass }]): [string, string] => [
      `function ${name}`,
      [kind, image, `runtime class ${runtimeClass}`].filter(Boolean).join("; "),
    ]),
    ["agent of ClearML", agent && `queue ${agent.queue}; ${agent.image}`],
  ];
  const there = rows.flatMap(([what, names]) => (names === undefined ? [] : [[what, names]]));
  return there.length === 0 ? "" : textTable(["what", "made"], there);
}

function list(names: readonly string[] = []): string | undefined {
  return names.length === 0 ? undefined : names.join(", ");
}
