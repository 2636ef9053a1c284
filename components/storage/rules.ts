import { repeats, type Found, type SectionRule } from "../schema/section-rules.ts";
import { bucketsOf } from "./buckets.ts";
import type { ObjectStoreConfig } from "./object-store-config.ts";
import { endpointOfMachine, endpointOfPods, isUrl } from "./endpoint.ts";
import { APPLICATIONS, BUCKET_ROLES, OF_ONE_APPLICATION, type BucketRole } from "./grants.ts";
import { LONGEST_POLICY, policyDocument, type BucketGrant } from "./policy.ts";
import { grantsOf } from "./granted.ts";
import { grantsOfPerson } from "./people.ts";
import { accessKeyOf } from "./users.ts";

type Rule = SectionRule<ObjectStoreConfig>;

const LONGEST_FOR_CVAT = 40;

/** One bucket for two purposes would have the rules and the readers of both. */
const namesAreUsedOnce: Rule = {
  reads: ["buckets", "moreBuckets"],
  problems: (section) => {
    const places = placesOf(section);
    return repeats(places.map(({ name }, index) => [index, name] as const)).flatMap(({ key, first, value }) => {
      const [second, earlier] = [places[key], places[first]];
      if (!second || !earlier) return [];
      return {
        path: [...second.path, "name"],
        message: `\`${value}\` is the name of vision-platform:objectStore.${earlier.path.join(".")} too: give each bucket its own`,
      };
    });
  },
};

const rolesAreUsedOnce: Rule = {
  reads: ["buckets", "moreBuckets"],
  problems: ({ buckets, moreBuckets }) =>
    BUCKET_ROLES.filter((role) => role in moreBuckets && (isOfEveryLab(role) || role in buckets)).map((role) => ({
      path: ["moreBuckets", role],
      message: `every lab has a bucket for \`${role}\`: set it up under buckets.${role}, or call this one differently`,
    })),
};

const prefixesOnce: Rule = {
  reads: ["buckets", "moreBuckets"],
  problems: (section) =>
    placesOf(section).flatMap(({ path, lifecycle }) =>
      repeats(lifecycle.map(({ prefix }, index) => [index, prefix] as const)).map(({ key, value }): Found => ({
        path: [...path, "lifecycle", key, "prefix"],
        message: `\`${value}\` has a rule already: keep one`,
      })),
    ),
};

/** `default_output_uri` names the first of them, so it must come through a URL and, in the agent's configuration, through ASCII. */
const artifactsHaveAPlace: Rule = {
  reads: ["onlyPrefixes"],
  problems: ({ onlyPrefixes }) => {
    const [first = ""] = onlyPrefixes.clearml?.["clearml"] ?? [];
    if (/^[\w./=+@-]*$/.test(first)) return [];
    const message =
      "is where artifacts go, in whose address ClearML reads letters, digits and . _ - / = + @ alone; take other signs out, or put another prefix first";
    return [{ path: ["onlyPrefixes", "clearml", "clearml", 0], message }];
  },
};

const knownRoles: Rule = {
  reads: ["onlyPrefixes", "buckets", "moreBuckets"],
  problems: (section) => {
    const known = bucketsOf(section).map(({ role }) => role);
    return Object.entries(section.onlyPrefixes).flatMap(([application, byRole]) =>
      Object.keys(byRole)
        .filter((role) => !known.includes(role))
        .map((role) => ({
          path: ["onlyPrefixes", application, role],
          message: `there is no such bucket; there are: ${known.join(", ")}`,
        })),
    );
  },
};

/** CVAT stores no longer key than this, and says so only when it is told of the bucket. (cvat.md, cloud storages) */
const cvatTakesTheKey: Rule = {
  reads: ["userPrefix"],
  problems: ({ userPrefix }) =>
    accessKeyOf(userPrefix, "cvat").length > LONGEST_FOR_CVAT
      ? [
          {
            path: ["userPrefix"],
            message: `CVAT takes access keys of ${LONGEST_FOR_CVAT} characters at most: shorten it`,
          },
        ]
      : [],
};

const DEFAULT_PORT = 9000;

/** A URL is whole: what stands beside it would count for nothing. */
const urlsAreWhole: Rule = {
  reads: ["address", "port"],
  problems: ({ address, port }) =>
    isUrl(address) && port !== DEFAULT_PORT
      ? [{ path: ["port"], message: "`address` is a URL, which says the port: take this key out" }]
      : [],
};

const schemesAgree: Rule = {
  reads: ["address", "endpoint", "tls"],
  problems: ({ address, endpoint = address, tls }) =>
    tls && [address, endpoint].every((text) => text.startsWith("http://"))
      ? [{ path: ["tls"], message: "says HTTPS, and every URL says http://: correct one of them" }]
      : [],
};

const authorityIsForTls: Rule = {
  reads: ["address", "port", "endpoint", "tls", "ca"],
  problems: (section) =>
    section.ca === undefined || endpointOfPods(section).tls || endpointOfMachine(section).tls
      ? []
      : [
          {
            path: ["ca"],
            message:
              "is for HTTPS, which neither `address` nor `endpoint` speaks: write them as https://… or set `tls`",
          },
        ],
};

/** Otherwise the plugin fails in the middle of an up: "Your proposed upload exceeds the maximum allowed object size". */
const policiesFit: Rule = {
  reads: ["buckets", "moreBuckets", "onlyPrefixes"],
  problems: (section) => {
    const ofApplications = APPLICATIONS.flatMap((application) =>
      tooLong(`\`${application}\``, grantsOf(section, application)),
    );
    // People may use what an application may, and more: theirs is told where it alone is too long.
    if (ofApplications.length > 0) return ofApplications;
    const ofPeople = (["clearml", "cvat"] as const).flatMap((of) =>
      tooLong("A person", grantsOfPerson(section, of, APPLICATIONS)),
    );
    return ofPeople.slice(0, 1);
  },
};

function tooLong(who: string, grants: readonly BucketGrant[]): Found[] {
  const size = Buffer.byteLength(policyDocument(grants));
  if (size <= LONGEST_POLICY) return [];
  const message = `${who} may use ${grants.length} buckets: the policy that says so has ${size} bytes, and MinIO takes ${LONGEST_POLICY}. Let it use fewer, or give shorter names and fewer prefixes`;
  return [{ path: ["moreBuckets"], message }];
}

export const objectStoreRules: readonly Rule[] = [
  urlsAreWhole,
  schemesAgree,
  authorityIsForTls,
  namesAreUsedOnce,
  rolesAreUsedOnce,
  prefixesOnce,
  artifactsHaveAPlace,
  knownRoles,
  cvatTakesTheKey,
  policiesFit,
];

const isOfEveryLab = (role: BucketRole) => OF_ONE_APPLICATION[role] === undefined;

const placesOf = (section: ObjectStoreConfig) =>
  bucketsOf(section).map(({ key, ...bucket }) => ({ ...bucket, path: key.split(/\.(.*)/s, 2) }));
