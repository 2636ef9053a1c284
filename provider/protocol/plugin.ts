import type { ResourceKind } from "../../components/records/kind.ts";
import type { Props } from "./values.ts";

/** A kind whatever its properties are. */
export type AnyKind = ResourceKind<Props>;

/** A plugin of the engine: kinds of resources; no functions, no components. */
export interface Plugin {
  /** Names of the packages it serves, by which the engine looks for it. */
  packages: readonly string[];
  version: string;
  /** Called with the inputs of its provider resource, secrets in clear, before any resource is worked on. */
  configure?: (config: Props) => void;
  /** The kind of a type such as `vision-platform:cvat:CloudStorage`; undefined when there is none. */
  kindOf: (type: string) => Promise<AnyKind | undefined> | AnyKind | undefined;
  /** Properties in old states that are none of ours. Default: none. */
  ignored?: readonly string[];
}
