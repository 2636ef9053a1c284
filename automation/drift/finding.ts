import type { ResourceName } from "../engine/urn.ts";
import type { Owner } from "./by-managers.ts";
import type { Part } from "./departures.ts";

/** One field that is not as the last `up` left it. Values are as the engine shows them: secrets as `[secret]`. */
export interface DriftedField {
  path: string;
  how: "added" | "changed" | "removed";
  before?: unknown;
  after?: unknown;
  /** Who did it, where the API server keeps that. Of a record of CVAT, Nuclio, ClearML or MinIO nobody does. */
  by?: string;
  /** When that program last set something on the object. */
  at?: string;
  /** The same place, for whoever repairs it. */
  parts: readonly Part[];
}

/** An object or a record that is there and is not as it was. */
export interface Changed extends ResourceName {
  urn: string;
  /** Of an object in one. */
  namespace?: string;
  fields: DriftedField[];
}

/** An object or a record that is not there any more. */
export interface Gone extends ResourceName {
  urn: string;
  namespace?: string;
}

/** What one object came to. */
export interface Judged {
  fields: DriftedField[];
  /** Ids of the rows of noise that matched, once for each difference. */
  noise: string[];
}

/** What is wrong with the whole: of what lies in it nothing can be said. */
export interface Accident {
  kind: "cluster" | "namespace" | "store";
  /** Sentences for a person: what is the matter, and the ways on. */
  text: string;
  /** How many of the stack's objects and records it concerns. */
  count: number;
}

/** What was not checked, and why. */
export interface Unchecked {
  reason: string;
  /** `Deployment cvat-server`, sorted. */
  objects: string[];
}

export const ownerWords = ({ manager, subresource }: Owner): string =>
  subresource === undefined ? manager : `${manager} (${subresource})`;
