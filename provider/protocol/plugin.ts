import type { ResourceKind } from "../../components/records/kind.ts";
import type { Props } from "./values.ts";

/** A kind whatever its properties are. */
export type AnyKind = ResourceKind<Props>;

/** Watches over one run of the engine, by all that the run says of its resources. It is asked before a kind is; values come in clear. */
export interface Guard {
  /**
   * @param olds inputs of the last run; nothing in them where the engine means to make a resource
   * @returns why the inputs are refused; undefined when they are not
   */
  check: (urn: string, news: Props, olds: Props) => string | undefined;
  /** @param outs of the resource that there is */
  compare: (urn: string, outs: Props) => void;
  /** @throws where it must not be made */
  create: (urn: string) => void;
  /** @throws where it must stay */
  delete: (urn: string, outs: Props) => void;
}

/** A plugin of the engine: kinds of resources; no functions, no components. */
export interface Plugin {
  /** Names of the packages it serves, by which the engine looks for it. */
  packages: readonly string[];
  version: string;
  /** Called with the inputs of its provider resource, secrets in clear, before any resource is worked on. */
  configure?: (config: Props) => void;
  /** The kind of a type such as `vision-platform:cvat:CloudStorage`; undefined when there is none. */
  kindOf: (type: string) => Promise<AnyKind | undefined> | AnyKind | undefined;
  /** Default: each call is taken for itself. */
  guard?: () => Guard;
  /** Properties in old states that are none of ours. Default: none. */
  ignored?: readonly string[];
}
