import { detail, errorPage, json, nothing, plain, Refusal, refuse } from "./answers.ts";
import { filtered, FORBIDDEN, page, single, visible, type Asked, type Route } from "./asked.ts";
import { bucketState, hasObject } from "./bucket.ts";
import { stripped } from "./django.ts";
import { choiceProblem, textProblem, type TextRules } from "./fields.ts";
import { hasPrivilege, hasRole, isAdmin } from "./rules.ts";
import { basicUser } from "./users.ts";
import type { StoredStorage } from "./store.ts";

type Body = Record<string, unknown>;
/** A field's name and what is wrong with it. */
type Wrong = readonly [field: string, problem: string];

/** (CloudStorageWriteSerializer in cvat/apps/engine/serializers.py, and its model) */
const TEXTS: Record<string, TextRules> = {
  resource: { max: 222 },
  display_name: { max: 63 },
  key: { max: 40, optional: true, blank: true },
  secret_key: { max: 64, optional: true, blank: true },
  specific_attributes: { max: 1024, optional: true, blank: true },
  description: { optional: true, blank: true },
};
const CHOICES: Record<string, readonly string[]> = {
  provider_type: ["AWS_S3_BUCKET", "AZURE_CONTAINER", "GOOGLE_CLOUD_STORAGE"],
  credentials_type: [
    "KEY_SECRET_KEY_PAIR",
    "ACCOUNT_NAME_TOKEN_PAIR",
    "KEY_FILE_PATH",
    "ANONYMOUS_ACCESS",
    "CONNECTION_STRING",
  ],
};
/** Never shown again. (3.5) */
const SECRET = ["key", "secret_key"];
const WHAT = "CloudStorage";

export const STORAGE_ROUTES: readonly Route[] = [
  {
    path: /^cloudstorages$/,
    methods: {
      GET: (asked) => {
        const found = filtered(asked, visible(asked, asked.state.storages, "supervisor"), {
          name: (one) => one.display_name,
          resource: (one) => one.resource,
          provider_type: (one) => one.provider_type,
          credentials_type: (one) => one.credentials_type,
          owner: (one) => asked.state.users.find(({ id }) => id === one.owner)?.username ?? "",
          id: (one) => one.id,
        });
        return page(asked, "cloudstorages", found, shown);
      },
      POST: async (asked) => {
        const { body, state, store, user, context } = asked;
        if (!mayMake(asked)) throw detail(403, FORBIDDEN);
        const news = { ...asText(body), manifests: manifestsIn(body) };
        const wrong = createProblem(body) ?? (await placeProblem(asked, news, news.manifests, "create"));
        // A create's errors are plain text, a change's are JSON. (3.2, 3.7)
        if (wrong) throw new Refusal(plain(400, wrong[0] === "" ? wrong[1] : `${wrong[0]}: ${wrong[1]}\n`));
        const now = new Date().toISOString();
        const made: StoredStorage = {
          id: store.next("storages"),
          ...news,
          owner: user.id,
          organization: context?.id ?? null,
          created_date: now,
          updated_date: now,
        };
        state.storages.push(made);
        return json(201, shown(asked, made));
      },
    },
  },
  {
    path: /^cloudstorages\/(\d+)$/,
    methods: {
      GET: (asked) => json(200, shown(asked, one(asked))),
      PATCH: async (asked) => {
        const { body } = asked;
        const stored = mine(asked);
        const wrong = changeProblem(body);
        if (wrong) throw refuse(400, { [wrong[0]]: [wrong[1]] });
        const news = { ...stored, ...asText({ ...stored, ...body }), manifests: manifestsIn(body) };
        if (news.provider_type !== stored.provider_type) throw refuse(400, ["provider_type cannot be changed"]);
        const prefix = prefixProblem(body);
        if (prefix !== undefined) throw refuse(400, [prefix]);
        // Those it has already are not looked for again.
        const added = news.manifests.filter((manifest) => !stored.manifests.includes(manifest));
        const place = await placeProblem(asked, news, added, "update");
        if (place) throw refuse(400, { [place[0]]: place[1] });
        Object.assign(stored, news, { updated_date: new Date().toISOString() });
        return json(200, shown(asked, stored));
      },
      // Not a word of what uses it. (3.14)
      DELETE: (asked) => {
        const { state } = asked;
        const { id } = mine(asked);
        state.storages = state.storages.filter((storage) => storage.id !== id);
        for (const user of [...state.projects, ...state.tasks]) {
          if (user.target_storage?.cloud_storage_id === id) user.target_storage = null;
          if (user.source_storage?.cloud_storage_id === id) user.source_storage = null;
        }
        for (const { data } of state.tasks) if (data?.cloud_storage_id === id) data.cloud_storage_id = null;
        return nothing(204);
      },
    },
  },
  {
    path: /^cloudstorages\/(\d+)\/status$/,
    methods: { GET: async (asked) => json(200, await bucketState(asked.config, one(asked))) },
  },
  {
    path: /^cloudstorages\/(\d+)\/actions$/,
    methods: {
      GET: (asked) => {
        one(asked);
        return { ...plain(200, '["read","write"]'), type: "text/plain" };
      },
    },
  },
];

const one = (asked: Asked): StoredStorage => single(asked, asked.state.storages, WHAT, "supervisor");

/** One that the caller may change. (cloudstorages.rego) */
const mine = (asked: Asked): StoredStorage => single(asked, asked.state.storages, WHAT, "maintainer");

function mayMake({ state, user, context }: Asked): boolean {
  if (isAdmin(user)) return true;
  return hasPrivilege(user, "user") && (!context || hasRole(state, user, context.id, "maintainer"));
}

function shown(asked: Asked, storage: StoredStorage) {
  const open = Object.entries(storage).filter(([field]) => !SECRET.includes(field));
  return { ...Object.fromEntries(open), id: storage.id, owner: basicUser(asked, storage.owner) };
}

function asText(body: Body) {
  const text = (field: string) => stripped(textOf(body, field));
  return {
    provider_type: text("provider_type"),
    resource: text("resource"),
    display_name: text("display_name"),
    credentials_type: text("credentials_type"),
    key: text("key"),
    secret_key: text("secret_key"),
    specific_attributes: text("specific_attributes"),
    description: text("description"),
  };
}

const textOf = (body: Body, field: string): string => (typeof body[field] === "string" ? body[field] : "");

/** Left out, they are all taken away. (3.10) */
const manifestsIn = (body: Body) => (body["manifests"] ?? []) as string[];

function createProblem(body: Body): Wrong | undefined {
  const wrong = fieldProblem(body, Object.keys(TEXTS), Object.keys(CHOICES)) ?? resourceProblem(body);
  if (wrong) return wrong;
  const signed = body["credentials_type"] === "KEY_SECRET_KEY_PAIR";
  if (signed && (body["key"] === undefined || body["secret_key"] === undefined))
    return ["", "Insufficient data for authentication"];
  // What the create's own handling of errors does not expect. (3.3)
  if (prefixProblem(body) !== undefined) throw new Refusal(errorPage(500, "Server Error (500)"));
  return undefined;
}

function changeProblem(body: Body): Wrong | undefined {
  const given = (fields: Record<string, unknown>) => Object.keys(fields).filter((field) => field in body);
  return fieldProblem(body, given(TEXTS), given(CHOICES)) ?? resourceProblem(body);
}

function fieldProblem(body: Body, texts: readonly string[], choices: readonly string[]): Wrong | undefined {
  const problems = [
    ...texts.map((field) => [field, textProblem(body, field, TEXTS[field])] as const),
    ...choices.map((field) => [field, choiceProblem(body, field, CHOICES[field] ?? [])] as const),
  ];
  const [field, problem] = problems.find(([, one]) => one !== undefined) ?? [];
  if (field !== undefined && problem !== undefined) return [field, problem];
  const attributes = textOf(body, "specific_attributes");
  return attributes !== "" && attributes.split("&").some((part) => part.split("=").length !== 2)
    ? ["specific_attributes", "Invalid specific attributes"]
    : undefined;
}

/** A dot is for the buckets of Amazon's kind, and which kind it is, is asked of the body alone, in a change too. */
function resourceProblem(body: Body): Wrong | undefined {
  const more = { AWS_S3_BUCKET: ".", GOOGLE_CLOUD_STORAGE: "_." }[textOf(body, "provider_type")] ?? "";
  const foreign = new Set(textOf(body, "resource").match(/[^a-z0-9-]/g));
  for (const one of more) foreign.delete(one);
  return foreign.size > 0 ? ["resource", `Invalid characters (${[...foreign].join(",")}) were found.`] : undefined;
}

function prefixProblem(body: Body): string | undefined {
  const prefix = new URLSearchParams(textOf(body, "specific_attributes")).get("prefix") ?? "";
  if (prefix.startsWith("/")) return 'Prefix cannot start with forward slash ("/").';
  return prefix.includes("//") ? "Prefix cannot contain multiple slashes in a row." : undefined;
}

/** The bucket is asked at every create and every change, with the key as it would be then. (3.2, 3.8, 3.11) */
async function placeProblem(
  { config }: Asked,
  storage: ReturnType<typeof asText>,
  manifests: readonly string[],
  verb: "create" | "update",
): Promise<Wrong | undefined> {
  const { resource } = storage;
  const state = await bucketState(config, storage);
  if (state === "FORBIDDEN")
    return ["credentials", `Cannot ${verb} resource ${resource} with specified credentials. Access forbidden.`];
  if (state === "NOT_FOUND") return ["resource", `The resource ${resource} not found. It may have been deleted.`];
  for (const manifest of manifests) {
    if (!(await hasObject(config, storage, manifest)))
      return ["manifests", `The '${manifest}' file does not exist on '${resource}' cloud storage`];
  }
  return undefined;
}
