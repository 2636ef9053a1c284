import { installedVersions, type ChosenVersions } from "../../charts/versions.ts";
import type { ClearmlConfig } from "../../clearml/clearml-config.ts";
import { CLEARML_VERSIONS, clearmlWish } from "../../clearml/versions.ts";
import type { CvatConfig } from "../../cvat/cvat-config.ts";
import { postgresqlSecret, tlsVariables, tlsVolume } from "../../cvat/external/postgresql-pod.ts";
import { CHART_OBJECTS, SECRETS, USERS } from "../../cvat/names.ts";
import { CVAT_VERSIONS, cvatWish } from "../../cvat/versions.ts";
import type { Variable } from "../../kubernetes/variables.ts";
import type { BackupConfig } from "../backup-config.ts";

/** Databases that are dumped, each by a command of the scripts with its name. (components/backup/script/engines.py) */
export type Engine = "postgresql" | "mongodb";

/** Of which release of its system a dump is, as the stack file and the charts call it. */
export interface Release {
  /** `version` in the stack file. */
  version: string;
  chart: string;
  /** Tag of the server's image. */
  server: string;
}

/** A database of the lab, and how a pod beside it gets at it. */
export interface Database {
  engine: Engine;
  /** Namespace of what uses it, and so of what dumps it: Secrets with its password lie there. */
  namespace: string;
  /** Has the database's own programs, of the server's release. */
  image: string;
  /** By which it is reached, in the pod's containers alike. */
  environment: Readonly<Record<string, Variable>>;
  /** Certificates that its server's is compared with. */
  certificates: ReturnType<typeof tlsVolume>;
  /** Variable by which a pod of a server tells that it uses the database. */
  usedBy: string;
  /** Jobs that bring a database which was put back to what the stack file says, in their order, before anything uses it: who was removed since is in it. */
  after: readonly string[];
  /** That this stack installs. A dump is told it by the CronJob, which changes once the new release is there. */
  release: Release;
}

/** The database in which a system has what people made. */
export const ENGINES: Readonly<Record<"cvat" | "clearml", Engine>> = { cvat: "postgresql", clearml: "mongodb" };

/** What the charts install, so that nodes have it: all charts of CVAT that are known, and ClearML's since Bitnami's images moved. (inventory) */
const IMAGES = {
  postgresql: "public.ecr.aws/b8u7h5e8/postgresql:15.2.0-debian-11-r0",
  mongodb: "docker.io/bitnamilegacy/mongodb:6.0.10-debian-11-r8",
};

export interface DatabasesArgs {
  config: BackupConfig["databases"];
  cvat: CvatConfig;
  clearml: ClearmlConfig;
}

/** The databases that the lab has. */
export function databasesOf({ config, cvat, clearml }: DatabasesArgs): Database[] {
  const { postgresqlImage = IMAGES.postgresql, mongodbImage = IMAGES.mongodb } = config;
  return [
    ...(cvat.enabled ? [postgresql(cvat, postgresqlImage)] : []),
    ...(clearml.enabled ? [mongodb(clearml, mongodbImage)] : []),
  ];
}

function releaseOf({ version, parts }: ChosenVersions<"server">): Release {
  return { version, chart: parts.chart, server: parts.server ?? version };
}

function postgresql(cvat: CvatConfig, image: string): Database {
  const {
    namespace,
    postgresql: { external },
  } = cvat;
  const secret = external ? postgresqlSecret(external) : SECRETS.postgresql;
  return {
    engine: "postgresql",
    ...{ namespace, image },
    environment: {
      PGHOST: external?.host ?? "cvat-postgresql",
      PGPORT: String(external?.port ?? 5432),
      PGUSER: { secret, key: "username" },
      PGPASSWORD: { secret, key: "password" },
      PGDATABASE: { secret, key: "database" },
      ...(external && tlsVariables(external)),
    },
    certificates: external && tlsVolume(external),
    usedBy: "CVAT_POSTGRES_HOST",
    after: [CHART_OBJECTS.initializer, USERS],
    release: releaseOf(installedVersions(CVAT_VERSIONS, cvatWish(cvat))),
  };
}

/** The chart's own asks for no password. (clearml.md 1.9 d) */
function mongodb(clearml: ClearmlConfig, image: string): Database {
  return {
    engine: "mongodb",
    ...{ namespace: clearml.namespace, image },
    environment: { MONGODB_HOST: "clearml-mongodb", MONGODB_PORT: "27017" },
    certificates: undefined,
    usedBy: "CLEARML_MONGODB_SERVICE_CONNECTION_STRING",
    // The server itself takes away who is no longer on its list, at each start.
    after: [],
    release: releaseOf(installedVersions(CLEARML_VERSIONS, clearmlWish(clearml))),
  };
}
