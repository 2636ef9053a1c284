import { tokenOf } from "../../components/records/tokens.ts";

/**
 * Whether a resource of this type stays in the state whatever goes: data in a retained volume opens only with the password it was made with,
 * and who has lost a way in is known only by who had one.
 */
export function isKept(type: string): boolean {
  const token = tokenOf(type);
  return token === "secrets:GeneratedText" || token === "secrets:Departures";
}
