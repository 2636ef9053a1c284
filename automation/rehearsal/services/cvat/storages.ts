import { errorPage, json, nothing, plain, Refusal, refuse } from "./answers.ts";
import { filtered, page, single, textOf, visible, type Asked, type Route } from "./asked.ts";
import { bucketState, hasObject } from "./bucket.ts";
import { basicUser } from "./users.ts";
import type { StoredStorage } from "./store.ts";

type Body = Record<string, unknown>;
/** A field's name and what is wrong with it. */
type Wrong = readonly [field: string, problem: string];

const LONGEST: Record<string, number> = {
  display_name: 63,
  resource: 222,
  key: 40,
  secret_key: 64,
  specific_attributes: 1024,
};
const PROVIDERS = ["AWS_S3_BUCKET", "AZURE_CONTAINER", "GOOGLE_CLOUD_STORAGE"];
/** Never shown again. (3.5) */
const SECRET = ["key", "secret_key"];
const REQUIRED = ["provider_type", "resource", "display_name", "credentials_type"];

export const STORAGE_ROUTES: readonly Route[] = [
  {
    path: /^cloudstorages$/,
    methods: {
      GET: (asked) => {
        const found = filtered(asked, visible(asked, asked.state.storages), {
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
        const news = { ...asText(body), manifests: manifestsIn(body) };
        const wrong = createProblem(body) ?? (await placeProblem(asked, news, "create"));
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
        const stored = one(asked);
        const news = { ...stored, ...asText({ ...stored, ...body }), manifests: manifestsIn(body) };
        if (news.provider_type !== stored.provider_type) throw refuse(400, ["provider_type cannot be changed"]);
        const wrong = lengthProblem(body);
        if (wrong) throw refuse(400, { [wrong[0]]: [wrong[1]] });
        const place = await placeProblem(asked, news, "update");
        if (place) throw refuse(400, { [place[0]]: place[1] });
        Object.assign(stored, news, { updated_date: new Date().toISOString() });
        return json(200, shown(asked, stored));
      },
      // Not a word of what uses it. (3.14)
      DELETE: (asked) => {
        const { state } = asked;
        const { id } = one(asked);
        state.storages = state.storages.filter((storage) => storage.id !== id);
        for (const user of [...state.projects, ...state.tasks]) {
          if (user.target_storage?.cloud_storage_id === id) user.target_storage = null;
          if (user.source_storage?.cloud_storage_id === id) user.source_storage = null;
        }
        for (const task of state.tasks) if (task.data_cloud_storage_id === id) task.data_cloud_storage_id = null;
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
        single(asked, asked.state.storages, "CloudStorage");
        return { ...plain(200, '["read","write"]'), type: "text/plain" };
      },
    },
  },
];

const one = (asked: Asked): StoredStorage => single(asked, asked.state.storages, "CloudStorage");

function shown(asked: Asked, storage: StoredStorage) {
  const open = Object.entries(storage).filter(([field]) => !SECRET.includes(field));
  return { ...Object.fromEntries(open), id: storage.id, owner: basicUser(asked, storage.owner) };
}

function asText(body: Body) {
  const text = (field: string) => textOf(body, field) ?? "";
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

/** Left out, they are all taken away. (3.10) */
const manifestsIn = (body: Body) => (body["manifests"] ?? []) as string[];

function createProblem(body: Body): Wrong | undefined {
  const missing = REQUIRED.find((field) => body[field] === undefined);
  if (missing !== undefined) return [missing, "This field is required."];
  if (!PROVIDERS.includes(String(body["provider_type"])))
    return ["provider_type", `"${String(body["provider_type"])}" is not a valid choice.`];
  const signed = body["credentials_type"] === "KEY_SECRET_KEY_PAIR";
  if (signed && (body["key"] === undefined || body["secret_key"] === undefined))
    return ["", "Insufficient data for authentication"];
  return lengthProblem(body);
}

function lengthProblem(body: Body): Wrong | undefined {
  const long = Object.entries(LONGEST).find(([field, limit]) => (textOf(body, field) ?? "").length > limit);
  if (long) return [long[0], `Ensure this field has no more than ${long[1]} characters.`];
  const attributes = textOf(body, "specific_attributes") ?? "";
  if (attributes !== "" && attributes.split("&").some((part) => part.split("=").length !== 2))
    return ["specific_attributes", "Invalid specific attributes"];
  const foreign = new Set((textOf(body, "resource") ?? "").replace(/[a-z0-9.-]/g, ""));
  if (foreign.size > 0) return ["resource", `Invalid characters (${[...foreign].join(",")}) were found.`];
  const prefix = new URLSearchParams(attributes).get("prefix") ?? "";
  if (prefix.startsWith("/") || prefix.includes("//")) throw new Refusal(errorPage(500, "Server Error (500)"));
  return undefined;
}

/** The bucket is asked at every create and every change, with the key as it would be then. (3.2, 3.8, 3.11) */
async function placeProblem(
  { config }: Asked,
  storage: ReturnType<typeof asText> & { manifests: string[] },
  verb: "create" | "update",
): Promise<Wrong | undefined> {
  const { resource, display_name } = storage;
  const state = await bucketState(config, storage);
  if (state === "FORBIDDEN")
    return ["credentials", `Cannot ${verb} resource ${resource} with specified credentials. Access forbidden.`];
  if (state === "NOT_FOUND") return ["resource", `The resource ${resource} not found. It may have been deleted.`];
  for (const manifest of storage.manifests) {
    if (!(await hasObject(config, storage, manifest)))
      return ["manifests", `The '${manifest}' file does not exist on '${display_name}' cloud storage`];
  }
  return undefined;
}
