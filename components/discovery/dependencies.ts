import type { CvatConfig } from "../cvat/cvat-config.ts";
import type { DiscoveryConfig } from "./discovery-config.ts";

/** What of the lab CVAT may depend on. */
export interface Surroundings {
  cvat: Pick<CvatConfig, "postgresql" | "redis" | "kvrocks" | "analytics" | "nuclio">;
  /** Whether people sign in by an issuer. */
  issuer: boolean;
  /** Whether it has buckets in an object store. */
  objectStore: boolean;
  /** Whether its images, or those of its functions, come from a registry of the platform's. */
  registry: boolean;
}

/** Whether CVAT annotates by itself. A Nuclio of somebody else is used while its own is off, too. */
export const hasNuclio = ({ cvat: { nuclio } }: { cvat: Pick<CvatConfig, "nuclio"> }): boolean =>
  nuclio.enabled || nuclio.external !== undefined;

type Part = keyof DiscoveryConfig["names"];

/** A service that CVAT uses, and whether it is its own. */
interface Use {
  part: Part;
  /** Undefined: it uses none. */
  whose: "platform" | "own" | undefined;
}

/** Each service that CVAT may use, and whose it is in this stack. */
function usesOf({ cvat, issuer, objectStore, registry }: Surroundings): Use[] {
  const { postgresql, redis, kvrocks, analytics, nuclio } = cvat;
  const ofPart = (part: Part, external: unknown): Use => ({ part, whose: external === undefined ? "own" : "platform" });
  const always = (part: Part, isUsed: boolean): Use => ({ part, whose: isUsed ? "platform" : undefined });
  return [
    ofPart("postgresql", postgresql.external),
    ofPart("queues", redis.external),
    ofPart("cache", kvrocks.external),
    analytics.enabled ? ofPart("clickhouse", analytics.clickhouse.external) : { part: "clickhouse", whose: undefined },
    hasNuclio({ cvat }) ? ofPart("nuclio", nuclio.external) : { part: "nuclio", whose: undefined },
    always("issuer", issuer),
    always("objectStore", objectStore),
    always("registry", registry),
  ];
}

/** Names of the platform's services that CVAT does not work without, each once: one of CVAT's own is nobody else's to switch off. */
export function dependenciesOf(names: DiscoveryConfig["names"], surroundings: Surroundings): string[] {
  const of = usesOf(surroundings).filter(({ whose }) => whose === "platform");
  return [...new Set(of.map(({ part }) => names[part]))];
}

/** What it calls its own services, which others need not know. */
const OWN = {
  postgresql: "postgresql",
  queues: "redis",
  cache: "kvrocks",
  clickhouse: "clickhouse",
  nuclio: "nuclio",
} as const satisfies Partial<Record<Part, string>>;

/** Services that it brings along. */
export function ownServicesOf(surroundings: Surroundings): string[] {
  const of = usesOf(surroundings).filter(({ whose }) => whose === "own");
  return of.map(({ part }) => (OWN as Partial<Record<Part, string>>)[part] ?? part);
}
