import messages from "@pulumi/pulumi/proto/provider_pb.js";
import type * as pb from "@pulumi/pulumi/proto/provider_pb.js";
import type { Difference, Run } from "../../components/records/kind.ts";
import type { AnyKind } from "./plugin.ts";
import { departuresBetween, holdsUnknown, type Departure, type Props } from "./values.ts";

/**
 * What a kind finds different, where an input may be unknown: the engine asks what hangs on a resource that it makes anew with a text in the
 * place of what comes from it. Such an input changes, and replaces nothing. (pulumi: step_generator.go, calculateDependentReplacements)
 */
export async function differenceOf(kind: AnyKind, olds: Props, news: Props, run: Run): Promise<Difference> {
  const unknown = Object.keys(news).filter((key) => holdsUnknown(news[key]));
  // Nothing stands in for one that the former inputs had not: of what is compared whole, that one is enough.
  if (unknown.some((key) => !(key in olds))) return { changed: unknown };
  const known = { ...news, ...Object.fromEntries(unknown.map((key) => [key, olds[key]])) };
  const { changed, replaces } = await kind.diff(olds, known, run);
  return { changed: [...new Set([...changed, ...unknown])], ...(replaces && { replaces }) };
}

/** The same to the engine, with each place in which a changed property differs. */
export function diffResponse({ changed, replaces = [] }: Difference, olds: Props, news: Props): pb.DiffResponse {
  const { DIFF_SOME, DIFF_NONE } = messages.DiffResponse.DiffChanges;
  const response = new messages.DiffResponse()
    .setChanges(changed.length > 0 ? DIFF_SOME : DIFF_NONE)
    .setDiffsList([...changed])
    .setReplacesList([...replaces])
    .setHasdetaileddiff(true);
  for (const key of changed) {
    for (const { path, kind } of departuresOf(key, olds, news)) {
      const detail = new messages.PropertyDiff().setKind(KINDS[kind][replaces.includes(key) ? 1 : 0]);
      response.getDetaileddiffMap().set(path, detail);
    }
  }
  return response;
}

/** An output that is not as it should be has no wanted value: it is named whole. */
function departuresOf(key: string, olds: Props, news: Props): Departure[] {
  const found = key in news ? departuresBetween(olds[key], news[key], key) : [];
  return found.length > 0 ? found : [{ path: key, kind: "update" }];
}

const { ADD, ADD_REPLACE, DELETE, DELETE_REPLACE, UPDATE, UPDATE_REPLACE } = messages.PropertyDiff.Kind;
const KINDS = {
  add: [ADD, ADD_REPLACE],
  delete: [DELETE, DELETE_REPLACE],
  update: [UPDATE, UPDATE_REPLACE],
} as const;
