import { isMap, mapsIn } from "../../../components/program/maps.ts";
import type { Given, Step } from "../../engine/steps.ts";
import { ofEach, type FindingRow } from "./finding.ts";

/** One right in the cluster. */
interface Right {
  /** API group, and resource or path of none. */
  of: string;
  /** The one object it is for; `*` for any. */
  name: string;
  verb: string;
}

const SHOWN = 3;

/** Who may do more than before. */
export const RIGHTS_ROWS: readonly FindingRow[] = [
  {
    id: "rights-widen",
    severity: "careful",
    title: "somebody may do more",
    find: ofEach((step) => {
      if (!/^(Cluster)?Role$/.test(step.kind) || step.after === undefined) return undefined;
      const had = rightsIn(step.before);
      const more = rightsIn(step.after).filter((right) => !had.some((one) => covers(one, right)));
      return more.length > 0 ? `gives more rights: ${listed(more.map(rightText))}` : undefined;
    }),
  },
  {
    id: "rights-for-more",
    severity: "careful",
    title: "somebody else may do it",
    find: ofEach((step) => {
      if (!/^(Cluster)?RoleBinding$/.test(step.kind) || step.after === undefined) return undefined;
      const had = new Set(subjectsIn(step.before));
      const more = subjectsIn(step.after).filter((subject) => !had.has(subject));
      return more.length > 0 ? `gives ${roleIn(step.after)} to ${listed(more)}` : undefined;
    }),
  },
];

function rightsIn(given: Step["before"]): Right[] {
  return mapsIn(given?.["rules"]).flatMap((rule) => {
    const groups = textsOf(rule["apiGroups"]);
    const resources = groups.flatMap((group) => textsOf(rule["resources"]).map((resource) => `${group}/${resource}`));
    const names = textsOf(rule["resourceNames"]);
    return [...resources, ...textsOf(rule["nonResourceURLs"])].flatMap((of) =>
      (names.length > 0 ? names : ["*"]).flatMap((name) =>
        textsOf(rule["verbs"]).map((verb): Right => ({ of, name, verb })),
      ),
    );
  });
}

function covers(had: Right, right: Right): boolean {
  const [group, resource] = parted(had.of);
  const [wantedGroup, wantedResource] = parted(right.of);
  const same = (one: string, other: string) => one === "*" || one === other;
  return (
    same(group, wantedGroup) &&
    same(resource, wantedResource) &&
    same(had.name, right.name) &&
    same(had.verb, right.verb)
  );
}

function parted(of: string): [string, string] {
  const at = of.indexOf("/");
  return [of.slice(0, at), of.slice(at + 1)];
}

const rightText = ({ of, name, verb }: Right) => `${verb} ${of.replace(/^\//, "")}${name === "*" ? "" : ` ${name}`}`;

const subjectsIn = (given: Step["before"]) =>
  mapsIn(given?.["subjects"]).map(({ kind, namespace, name }) =>
    [kind, [namespace, name].filter(Boolean).join("/")].join(" "),
  );

function roleIn(given: Given): string {
  const role = given["roleRef"];
  return isMap(role) ? `${String(role["kind"])} ${String(role["name"])}` : "a role";
}

function listed(texts: readonly string[]): string {
  const more = texts.length - SHOWN;
  return more > 0 ? `${texts.slice(0, SHOWN).join(", ")} and ${more} more` : texts.join(", ");
}

const textsOf = (value: unknown) => (Array.isArray(value) ? value.map(String) : []);
