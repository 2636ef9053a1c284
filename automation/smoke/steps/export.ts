import { UserError } from "../../../components/program/errors.ts";
import { done } from "../../data/annotations/begin.ts";
import { placeIn, rawCall } from "../../data/cvat/raw.ts";
import { unzipped } from "../../data/zip/unzipped.ts";
import { BOX, isNear, POINTS } from "../box.ts";
import type { StepName } from "../names.ts";
import { PICTURE } from "../picture.ts";
import { following, madeBy, spaceOf, type Step, type Trial, type Watch } from "../step.ts";

/** A format of CVAT's, and how the rectangle is found in its file. */
interface Format {
  name: string;
  /** Which file of the zip has it. */
  file: RegExp;
  /** Label, picture and corners of each rectangle. */
  boxes: (text: string) => { label: string; picture: string; points: number[] }[];
}

const IMAGES: Format = {
  name: "CVAT for images 1.1",
  file: /^annotations\.xml$/,
  boxes: (text) => {
    const [, picture = ""] = /<image [^>]*name="([^"]*)"/.exec(text) ?? [];
    return [...text.matchAll(/<box ([^>]*)>/g)].map(([, fields = ""]) => {
      const field = (name: string) => new RegExp(`\\b${name}="([^"]*)"`).exec(fields)?.[1] ?? "";
      return {
        label: field("label"),
        picture,
        points: ["xtl", "ytl", "xbr", "ybr"].map((name) => Number(field(name))),
      };
    });
  },
};

interface Coco {
  categories: { id: number; name: string }[];
  images: { id: number; file_name: string }[];
  annotations: { category_id: number; image_id: number; bbox: [number, number, number, number] }[];
}

const COCO: Format = {
  name: "COCO 1.0",
  file: /^annotations\/instances_.*\.json$/,
  boxes: (text) => {
    const { categories, images, annotations } = JSON.parse(text) as Coco;
    return annotations.map(({ category_id, image_id, bbox: [left, top, width, height] }) => ({
      label: categories.find(({ id }) => id === category_id)?.name ?? "",
      picture: images.find(({ id }) => id === image_id)?.file_name ?? "",
      points: [left, top, left + width, top + height],
    }));
  },
};

/** The zip of a format, with the rectangle in it. */
function exportAs(name: StepName, format: Format, needs: readonly StepName[]): Step {
  return {
    name,
    title: `Exporting ${format.name}`,
    limitMs: 180_000,
    needs,
    work: (trial, watch) => exported(trial, watch, format),
    cure: ({ namespace }) =>
      `Its worker: kubectl -n ${namespace} get pods -l component=worker-export; kubectl -n ${namespace} logs deployment/cvat-backend-worker-export. Exports lie in the claim cvat-backend-data, which may be full.`,
  };
}

export const exportImages = exportAs("export-cvat", IMAGES, ["annotate"]);
/** After the other: what keeps that from its end would keep this one too. */
export const exportCoco = exportAs("export-coco", COCO, ["export-cvat"]);

async function exported(trial: Trial, watch: Watch, { name: format, file, boxes }: Format): Promise<string> {
  const { client, organization } = await spaceOf(trial, watch);
  const { id } = madeBy(trial.made.task, "task");
  const request = await done(
    client,
    {
      path: `tasks/${id}/dataset/export`,
      ...{ organization, query: { format, save_images: "false", location: "local" } },
    },
    following(trial, watch, `the export as ${format}`),
  );
  const url = request?.result_url ?? undefined;
  if (url === undefined) throw new UserError(`CVAT has finished the export as ${format}, and says not where it is.`);
  const { bytes } = await rawCall(client, { method: "GET", place: placeIn(url, client), signal: watch.signal });
  const entries = await unzipped(bytes);
  if (entries === undefined) throw new UserError(`The export as ${format} is no whole zip (${bytes.length} bytes).`);
  const found = entries.find((entry) => file.test(entry.name));
  if (found === undefined)
    throw new UserError(
      `The zip of ${format} has not its file of annotations. It has: ${entries.map((entry) => entry.name).join(", ") || "nothing"}.`,
    );
  const isThere = boxes(found.bytes.toString("utf8")).some(
    ({ label, picture, points }) => label === BOX.label && picture === PICTURE.name && isNear(points, POINTS),
  );
  if (!isThere) throw new UserError(`${found.name} in the zip of ${format} has not the rectangle that was drawn.`);
  return `${bytes.length} bytes; ${found.name} has the rectangle`;
}
