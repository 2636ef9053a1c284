import { BACKUP_ACCOUNT } from "../backup/account.ts";
import { clearmlRanges } from "./chart-ranges.ts";
import { refusedCharts } from "../charts/kubernetes.ts";
import { chooseVersions } from "../charts/versions.ts";
import { CLEARML_VERSIONS, clearmlWish } from "../clearml/versions.ts";
import type { LabConfig, SectionName } from "./sections.ts";
import { pathText, unknownKey, type Problem } from "../schema/problems.ts";
import { repeats } from "../schema/section-rules.ts";
import { discoveryNeeds } from "../discovery/rules.ts";
import { edgeFitsSignIn } from "../sso/edge-rules.ts";
import { ssoNeedsOfCvat } from "../sso/rules.ts";
import { bucketsOf } from "../storage/buckets.ts";
import { hostOf } from "../storage/endpoint.ts";
import { rolesOf } from "../storage/granted.ts";
import { backupsBucket } from "../storage/object-store-config.ts";
import { peopleOfStore } from "./people.ts";

/** The sections as far as they are sound: a key that has a problem of its own is not there. */
export type SoundParts = { [Name in SectionName]?: Partial<NonNullable<LabConfig[Name]>> };

/**
 * A rule across sections: gives what is wrong.
 * @param given names of the sections that stand in the file; one of them may be wholly unsound, and is then not in `lab`
 */
type Rule = (lab: SoundParts, given: readonly string[]) => Problem[];

/** Two Services that ask MetalLB for one address: the second stays without, and pods that wait for it never start. */
const addressesAreUsedOnce: Rule = ({ traefik, clearml, objectStore }) => {
  const { web, api, files } = installed(clearml)?.addresses ?? {};
  return usedTwice([
    ["vision-platform:traefik.address", traefik?.address],
    ["vision-platform:clearml.addresses.web", web],
    ["vision-platform:clearml.addresses.api", api],
    ["vision-platform:clearml.addresses.files", files],
    ["vision-platform:objectStore.address", objectStore?.address && hostOf(objectStore.address)],
  ]);
};

/** Objects of both charts have fixed names, so each system needs a namespace of its own. */
const namespacesAreUsedOnce: Rule = ({ cvat, clearml }) =>
  usedTwice([
    ["vision-platform:cvat.namespace", installed(cvat)?.namespace],
    ["vision-platform:clearml.namespace", installed(clearml)?.namespace],
    ["vision-platform:clearml.agent.namespace", installed(installed(clearml)?.agent)?.namespace],
  ]);

/** Functions are Nuclio's, which is part of CVAT; a model and a build need what they are taken from and put into. */
const functionsHaveWhatTheyNeed: Rule = ({ functions, cvat, objectStore }) => {
  const nuclio = installed(cvat)?.nuclio;
  return Object.entries(functions ?? {}).flatMap(([name, entry]): Problem[] => {
    if (entry === undefined) return [];
    const path = `vision-platform:functions.${name}`;
    if (cvat !== undefined && (installed(cvat) === undefined || nuclio?.enabled === false)) {
      return [{ path, message: "Needs Nuclio, which is off: see vision-platform:cvat.nuclio.enabled." }];
    }
    return [
      ...(entry.model && objectStore === undefined
        ? [{ path: `${path}.model`, message: "Is read from the object store: set vision-platform:objectStore." }]
        : []),
      ...(entry.build && nuclio && nuclio.registry === undefined
        ? [{ path: `${path}.build`, message: "Needs a registry to push to: set vision-platform:cvat.nuclio.registry." }]
        : []),
    ];
  });
};

/** A function whose model lies beside what functions may read is refused its model each time it starts. */
const modelsLieWhereFunctionsRead: Rule = ({ functions, objectStore }) => {
  const { buckets, moreBuckets, onlyPrefixes } = objectStore ?? {};
  if (!buckets || !moreBuckets || !onlyPrefixes) return [];
  return Object.entries(functions ?? {}).flatMap(([name, entry]): Problem[] => {
    const { model } = entry ?? {};
    const bucket = model && bucketsOf({ buckets, moreBuckets }).find((one) => one.name === model.bucket);
    const prefixes = bucket && onlyPrefixes.functions?.[bucket.role];
    if (!model || !prefixes || prefixes.some((prefix) => model.key.startsWith(prefix))) return [];
    const where = `vision-platform:objectStore.onlyPrefixes.functions.${bucket.role}`;
    return [
      {
        path: `vision-platform:functions.${name}.model.key`,
        message: `Functions may read ${prefixes.map((prefix) => `\`${prefix}\``).join(", ")} of this bucket alone (${where}): put the model there, or add its prefix.`,
      },
    ];
  });
};

/** Organizations and cloud storages are made in CVAT itself, which must be reached. */
const cvatIsReached: Rule = ({ traefik, cvat, objectStore, discovery }) => {
  const records =
    objectStore !== undefined ||
    discovery?.token !== undefined ||
    cvat?.organizations?.length ||
    cvat?.cloudStorages?.length;
  const reached = traefik?.address ?? cvat?.ingress?.host ?? cvat?.endpoint;
  if (!records || installed(cvat) === undefined || reached) return [];
  return [
    {
      path: "vision-platform:cvat.endpoint",
      message: "Is missing: nothing says where CVAT is reached. Set it, or vision-platform:traefik.address.",
    },
  ];
};

/** A cloud storage of the lab's own is a bucket that CVAT may use. */
const storagesAreBucketsOfCvat: Rule = ({ cvat, objectStore }) => {
  const { buckets, moreBuckets } = objectStore ?? {};
  const known = buckets && moreBuckets ? rolesOf({ buckets, moreBuckets }, "cvat") : [];
  if (objectStore !== undefined && known.length === 0) return [];
  return (installed(cvat)?.cloudStorages ?? []).flatMap(({ role }, index) =>
    role === undefined || known.includes(role)
      ? []
      : [
          {
            path: `vision-platform:cvat.cloudStorages[${index}].role`,
            message:
              known.length === 0
                ? "Is a bucket of the lab's object store: set vision-platform:objectStore, or use `external`."
                : `CVAT may use no such bucket; it may use ${known.join(", ")}. Others: vision-platform:objectStore.moreBuckets, with cvat among \`readers\` or \`writers\`.`,
          },
        ],
  );
};

/** A rotation of somebody who has no key would do nothing, silently. */
const rotationsAreOfPeopleThatAre: Rule = ({ objectStore, clearml, cvat }) => {
  const known = peopleOfStore({ clearml, cvat })?.map(({ username }) => username);
  return Object.keys(objectStore?.keyRotations?.people ?? {})
    .filter((person) => known && !known.includes(person))
    .map((person) => ({
      path: pathText("vision-platform:objectStore.keyRotations.people", [person]),
      message: unknownKey(person, known ?? []),
    }));
};

/** Sign-in is CVAT's: its host, its certificate, its organizations. */
const signInHasItsCvat: Rule = ({ sso, cvat }) => (sso && cvat ? ssoNeedsOfCvat(sso, cvat) : []);

/** What the platform is told of is CVAT, and its token is of one of CVAT's users. */
const discoveryHasItsCvat: Rule = ({ discovery, cvat, sso }, given) => {
  const isUnsound = sso === undefined && given.includes("sso");
  return discovery && cvat && !isUnsound ? discoveryNeeds(discovery, cvat, sso) : [];
};

/** Which edge it is counts with sign-in, and not every edge can do everything. */
const edgeIsOfUse: Rule = ({ sso, cvat }, given) => {
  const isUnsound = sso === undefined && given.includes("sso");
  return cvat && installed(cvat) && !isUnsound ? edgeFitsSignIn(sso, cvat) : [];
};

/** Where the stack file says which Kubernetes its cluster has, a chart that does not take it is known without the cluster. */
const chartsTakeKubernetes: Rule = ({ rehearsal, clearml }) => {
  const { version, image, allowUnknownVersions, chartVersion, agent } = installed(clearml) ?? {};
  if (rehearsal?.kubernetes === undefined || version === undefined || image === undefined) return [];
  const keys = { version, image, chartVersion, allowUnknownVersions: allowUnknownVersions ?? false };
  const choice = chooseVersions(CLEARML_VERSIONS, clearmlWish(keys));
  if ("problems" in choice) return [];
  const saidBy = "vision-platform:rehearsal.kubernetes says";
  const charts = clearmlRanges(choice.chosen, agent?.enabled ?? false);
  return refusedCharts(charts, { version: rehearsal.kubernetes, saidBy });
};

/** Backups lie in the lab's store, and are of a system that it has. */
const backupHasWhatItNeeds: Rule = ({ backup, cvat, clearml }, given) => {
  if (backup === undefined) return [];
  const isOff = cvat?.enabled === false && clearml?.enabled === false;
  return [
    ...(given.includes("objectStore")
      ? []
      : [{ path: "vision-platform:backup", message: "Needs a place: set vision-platform:objectStore." }]),
    ...(isOff
      ? [{ path: "vision-platform:backup", message: "CVAT and ClearML are off: there is nothing to back up." }]
      : []),
  ];
};

/** The chart's own PostgreSQL comes with the programs that dump it. Those of somebody else's must be of its release. */
const dumpsHaveTheirProgram: Rule = ({ backup, cvat }) => {
  if (backup === undefined || installed(cvat)?.postgresql?.external === undefined) return [];
  if (!backup.databases?.enabled || backup.databases.postgresqlImage !== undefined) return [];
  return [
    {
      path: "vision-platform:backup.databases.postgresqlImage",
      message:
        "Is missing: CVAT's PostgreSQL is one of your own, and an older pg_dump refuses a newer server. Name an image of the server's release, such as docker.io/library/postgres:16-alpine.",
    },
  ];
};

/** Backups get a bucket that nothing else has: who may read another reads none of them. */
const backupsHaveABucketOfTheirOwn: Rule = ({ backup, objectStore }) => {
  const { buckets, moreBuckets } = objectStore ?? {};
  if (backup === undefined || !buckets || !moreBuckets || buckets.backups !== undefined) return [];
  const { name } = backupsBucket.parse({});
  return bucketsOf({ buckets, moreBuckets })
    .filter((bucket) => bucket.role === "backups" || bucket.name === name)
    .map(({ key }) => ({
      path: `vision-platform:objectStore.${key}`,
      message: `Backups lie in a bucket of their own, \`${name}\`: name another for them in vision-platform:objectStore.buckets.backups.name, and call no other bucket's role \`backups\`.`,
    }));
};

/** The account by which backups are made is a program's: its password would be a person's, and its role too. */
const accountsAreNobodys: Rule = ({ backup, cvat }) => {
  const { superuser, users = [] } = installed(cvat) ?? {};
  if (backup === undefined) return [];
  const taken = BACKUP_ACCOUNT.username;
  const people = [
    ["vision-platform:cvat.superuser.username", superuser?.username] as const,
    ...users.map(({ username }, index) => [`vision-platform:cvat.users[${index}].username`, username] as const),
  ];
  return people
    .filter(([, username]) => username?.toLowerCase() === taken)
    .map(([path]) => ({
      path,
      message: `\`${taken}\` is the account by which backups are made. Choose another name.`,
    }));
};

export const RULES: readonly Rule[] = [
  addressesAreUsedOnce,
  namespacesAreUsedOnce,
  functionsHaveWhatTheyNeed,
  modelsLieWhereFunctionsRead,
  cvatIsReached,
  storagesAreBucketsOfCvat,
  rotationsAreOfPeopleThatAre,
  signInHasItsCvat,
  edgeIsOfUse,
  discoveryHasItsCvat,
  chartsTakeKubernetes,
  backupHasWhatItNeeds,
  backupsHaveABucketOfTheirOwn,
  dumpsHaveTheirProgram,
  accountsAreNobodys,
];

/** What is switched off asks for nothing. */
function installed<Section extends { enabled?: boolean }>(section: Section | undefined): Section | undefined {
  return section?.enabled === false ? undefined : section;
}

function usedTwice(uses: readonly (readonly [path: string, value: string | undefined])[]): Problem[] {
  return repeats(uses).map(({ key, first, value }) => ({
    path: key,
    message: `\`${value}\` is used by ${first} already. Give each its own.`,
  }));
}
