import { Failure } from "../../workers.ts";
import { parsedXml, type Element } from "../../xml.ts";
import type { Entry } from "../../zip.ts";
import type { Annotations, Points, Shape, Tag, Track, Value } from "../model.ts";
import { importedShape, labelNamed, Matcher, type Target } from "./target.ts";
import type { StoredLabel } from "../../store.ts";

/** CVAT's own XML, of pictures and of films. (dataset_manager/formats/cvat.py, load_anno) */
export function fromCvat(target: Target, files: readonly Entry[]): Annotations {
  const xml = files.find(({ name }) => name.endsWith(".xml"));
  if (!xml) throw new Failure("cvat.apps.dataset_manager.bindings.CvatImportError: No annotation files found");
  const root = parsedXml(xml.bytes.toString("utf8"));
  if (root?.name !== "annotations")
    throw new Failure("xml.etree.ElementTree.ParseError: not well-formed (invalid token): line 1, column 0");
  const images = root.children.filter(({ name }) => name === "image");
  const matcher = new Matcher(
    target.frames,
    images.map(({ attributes }) => withoutEnding(attributes["name"] ?? "")),
  );
  const tags: Tag[] = [];
  const shapes: Shape[] = [];
  for (const image of images) {
    const item = withoutEnding(image.attributes["name"] ?? "");
    const frame = matcher.must(item);
    image.children.forEach((element, number) => {
      const label = labelNamed(target, element.attributes["label"] ?? "", item, number, element.name);
      const group = Number(element.attributes["group_id"] ?? 0);
      if (element.name === "tag")
        tags.push({
          id: target.store.next("tags"),
          job: 0,
          frame,
          label_id: label.id,
          group,
          source: sourceOf(element),
          attributes: valuesOf(element, label),
        });
      else shapes.push(shapeOf(target, element, frame, label));
    });
  }
  const tracks = root.children.filter(({ name }) => name === "track").map((track) => trackOf(target, track));
  return { tags, shapes, tracks };
}

const withoutEnding = (name: string) => name.replace(/\.[^./]*$/, "");
const sourceOf = ({ attributes }: Element) => attributes["source"] ?? "manual";

function valuesOf(element: Element, { attributes }: StoredLabel): Value[] {
  return element.children
    .filter(({ name }) => name === "attribute")
    .flatMap(({ attributes: { name }, text }) => {
      const spec = attributes.find((one) => one.name === name);
      return spec ? [{ spec_id: spec.id, value: text }] : [];
    });
}

function shapeOf(target: Target, element: Element, frame: number, label: StoredLabel): Shape {
  const parts = target.labels.filter(({ parent_id }) => parent_id === label.id);
  const elements = element.children.flatMap((inner) => {
    const part = parts.find(({ name }) => name === inner.attributes["label"]);
    return part ? [shapeOf(target, inner, frame, part)] : [];
  });
  return importedShape(target, {
    ...{ frame, label_id: label.id, ...pointsOf(element), elements },
    ...{
      source: sourceOf(element),
      group: Number(element.attributes["group_id"] ?? 0),
      attributes: valuesOf(element, label),
    },
  });
}

function trackOf(target: Target, element: Element): Track {
  const label = labelNamed(
    target,
    element.attributes["label"] ?? "",
    `track ${element.attributes["id"] ?? ""}`,
    0,
    "track",
  );
  // What lies between two key frames is worked out anew.
  const shapes = element.children
    .filter(({ attributes }) => attributes["keyframe"] === "1")
    .map((shape) => ({
      ...{ id: target.store.next("tracked"), frame: Number(shape.attributes["frame"]), ...pointsOf(shape) },
      attributes: valuesOf(shape, { ...label, attributes: label.attributes.filter(({ mutable }) => mutable) }),
    }));
  const [first] = element.children;
  const fixed = label.attributes.filter(({ mutable }) => !mutable);
  return {
    ...{ id: target.store.next("tracks"), job: 0, frame: shapes[0]?.frame ?? 0, label_id: label.id },
    ...{ group: Number(element.attributes["group_id"] ?? 0), source: sourceOf(element), shapes, elements: [] },
    attributes: first ? valuesOf(first, { ...label, attributes: fixed }) : [],
  };
}

const KINDS: Readonly<Record<string, string>> = { box: "rectangle" };

function pointsOf({ name, attributes }: Element): Points {
  const number = (key: string) => Number(attributes[key] ?? 0);
  return {
    ...{ type: KINDS[name] ?? name, occluded: attributes["occluded"] === "1", outside: attributes["outside"] === "1" },
    ...{ z_order: number("z_order"), rotation: number("rotation"), points: coordinates() },
  };

  function coordinates(): number[] {
    switch (name) {
      case "box":
        return ["xtl", "ytl", "xbr", "ybr"].map(number);
      case "ellipse":
        return [number("cx"), number("cy"), number("cx") + number("rx"), number("cy") - number("ry")];
      case "mask": {
        const [left, top] = [number("left"), number("top")];
        const run = (attributes["rle"] ?? "").split(",").map(Number);
        return [...run, left, top, left + number("width") - 1, top + number("height") - 1];
      }
      case "skeleton":
        return [];
      default:
        return (attributes["points"] ?? "").split(/[;,]/).map(Number);
    }
  }
}
