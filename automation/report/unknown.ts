import { UNKNOWN } from "../../components/records/kind.ts";

/** A text in which what the engine does not know yet is said in words. */
export const withUnknownsSaid = (text: string): string => text.replaceAll(UNKNOWN, "(known after up)");
