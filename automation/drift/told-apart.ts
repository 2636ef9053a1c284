import { UNKNOWN } from "../../components/records/kind.ts";
import { billionths } from "../../components/schema/quantity.ts";
import { departuresBetween } from "../../provider/protocol/values.ts";
import { isBlank, valueAt } from "../engine/changes.ts";
import { HIDDEN } from "../engine/outputs.ts";

type Values = Readonly<Record<string, unknown>>;

/**
 * Paths in which what a program gives now is something else than what it gave, as far as it is known and no secret. After a refresh a state
 * has what the API server made of what it was given: amounts in its own writing, and nothing that is blank.
 */
export function toldApart(before: Values, after: Values): string[] {
  return departuresBetween(before, after, "")
    .map(({ path }) => path.replace(/^\./, ""))
    .filter((path) => !path.startsWith("__") && !HOW_IT_IS_APPLIED.test(path))
    .filter((path) => {
      const [was, is] = [valueAt(before, path), valueAt(after, path)];
      const text = JSON.stringify(is ?? "");
      if (isBlank(was) && isBlank(is)) return false;
      return !text.includes(UNKNOWN) && !text.includes(HIDDEN) && !isSameQuantity(was, is);
    });
}

/** Told to the plugin, in another way by a preview than by an `up`. (field-manager.ts, appliedByUs; transform.ts, notTriedAtPreview) */
const HOW_IT_IS_APPLIED = /^metadata\.annotations\["pulumi\.com\//;

function isSameQuantity(one: unknown, other: unknown): boolean {
  if (typeof one !== "string" || typeof other !== "string") return false;
  const amount = billionths(one);
  return amount !== undefined && amount === billionths(other);
}
