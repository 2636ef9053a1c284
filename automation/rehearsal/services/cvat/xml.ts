/** An element of CVAT's own XML. */
export interface Element {
  name: string;
  attributes: Readonly<Record<string, string>>;
  children: Element[];
  text: string;
}

const ENTITIES: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };
const TOKEN = /<\?[^>]*\?>|<!--[\s\S]*?-->|<(\/?)([\w.-]+)((?:\s+[\w.:-]+="[^"]*")*)\s*(\/?)>|([^<]+)/gy;

/** Reads what CVAT writes: elements, attributes, text. Undefined where it is none. */
export function parsedXml(text: string): Element | undefined {
  const root: Element = { name: "", attributes: {}, children: [], text: "" };
  const open = [root];
  let read = 0;
  for (const [token, closes, name, attributes, closed, characters] of text.matchAll(TOKEN)) {
    read += token.length;
    const inner = open.at(-1) ?? root;
    if (characters !== undefined) inner.text += plainOf(characters);
    if (name === undefined) continue;
    if (closes === "/") {
      if (inner.name !== name) return undefined;
      open.pop();
      continue;
    }
    const element: Element = { name, attributes: attributesIn(attributes ?? ""), children: [], text: "" };
    inner.children.push(element);
    if (closed !== "/") open.push(element);
  }
  return read === text.length && open.length === 1 ? root.children[0] : undefined;
}

function attributesIn(text: string): Record<string, string> {
  const found = [...text.matchAll(/([\w.:-]+)="([^"]*)"/g)];
  return Object.fromEntries(found.map(([, name = "", value = ""]) => [name, plainOf(value)]));
}

const plainOf = (text: string): string =>
  text.replace(/&(#x?[\da-f]+|\w+);/gi, (whole, entity: string) => {
    if (entity.startsWith("#x")) return String.fromCodePoint(parseInt(entity.slice(2), 16));
    if (entity.startsWith("#")) return String.fromCodePoint(Number(entity.slice(1)));
    return ENTITIES[entity] ?? whole;
  });

export const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

export const quoted = (text: string): string => escaped(text).replaceAll('"', "&quot;").replaceAll("\n", "&#10;");
