import { WEBHOOK_EVENTS } from "../../../../components/cvat/webhook-config.ts";
import { errorPage, json, nothing, Refusal, refuse, detail } from "./answers.ts";
import { filtered, FORBIDDEN, page, single, textField, visible, type Asked, type Route } from "./asked.ts";
import { basicUser } from "./users.ts";
import type { StoredWebhook } from "./store.ts";

const TYPES = ["organization", "project"];
const MAINTAINERS = ["owner", "maintainer"];
/** Django's validator of addresses: a whole host name, an address, or localhost. */
const ADDRESS = /^https?:\/\/(localhost|[^\s/:@]+\.[^\s/:@]+)(:\d{1,5})?([/?#]\S*)?$/;

export const WEBHOOK_ROUTES: readonly Route[] = [
  {
    path: /^webhooks$/,
    methods: {
      GET: (asked) => {
        const found = filtered(asked, visible(asked, asked.state.webhooks), {
          target_url: (one) => one.target_url,
          type: (one) => one.type,
          owner: (one) => asked.state.users.find(({ id }) => id === one.owner)?.username ?? "",
        });
        return page(asked, "webhooks", found, shown);
      },
      POST: (asked) => {
        const { body, state, store, user, context } = asked;
        if (!maintains(asked, context?.id)) throw detail(403, FORBIDDEN);
        const type = textField(body, "type") ?? "";
        if (!TYPES.includes(type)) throw refuse(400, { type: [`"${type}" is not a valid choice.`] });
        const fields = fieldsOf(asked);
        // The database's own rule, which nothing asks before. (models.py, webhooks_project_or_organization)
        if (!context || type !== "organization") throw new Refusal(errorPage(500, "Server Error (500)"));
        const now = new Date().toISOString();
        const made: StoredWebhook = {
          id: store.next("webhooks"),
          type,
          ...fields,
          owner: user.id,
          organization: context.id,
          created_date: now,
          updated_date: now,
        };
        state.webhooks.push(made);
        return json(201, shown(asked, made));
      },
    },
  },
  {
    path: /^webhooks\/(\d+)$/,
    methods: {
      GET: (asked) => json(200, shown(asked, one(asked))),
      PATCH: (asked) => {
        const stored = one(asked);
        Object.assign(stored, fieldsOf(asked, stored), { updated_date: new Date().toISOString() });
        return json(200, shown(asked, stored));
      },
      DELETE: (asked) => {
        const { id } = one(asked);
        asked.state.webhooks = asked.state.webhooks.filter((webhook) => webhook.id !== id);
        return nothing(204);
      },
    },
  },
];

/** A webhook, for those who may see and change it: an organization's worker may those he made. (webhooks.rego) */
function one(asked: Asked): StoredWebhook {
  const found = single(asked, asked.state.webhooks, "Webhook");
  if (found.owner !== asked.user.id && !maintains(asked, found.organization)) throw detail(403, FORBIDDEN);
  return found;
}

function maintains({ state, user }: Asked, organization: number | undefined): boolean {
  if (user.is_superuser) return true;
  const own = state.memberships.filter((membership) => membership.user === user.id);
  return own.some((membership) => membership.organization === organization && MAINTAINERS.includes(membership.role));
}

/** What a call may set, over what is there. A type that was given once stays. */
function fieldsOf({ body }: Asked, stored?: StoredWebhook) {
  const optional = { optional: stored !== undefined };
  const target_url = textField(body, "target_url", { max: 8192, ...optional }) ?? stored?.target_url ?? "";
  if (!ADDRESS.test(target_url)) throw refuse(400, { target_url: ["Enter a valid URL."] });
  const content_type = textField(body, "content_type", { optional: true }) ?? "application/json";
  if (content_type !== "application/json")
    throw refuse(400, { content_type: [`"${content_type}" is not a valid choice.`] });
  return {
    target_url,
    content_type,
    events: eventsOf(body["events"], stored),
    description: textField(body, "description", { max: 128, optional: true }) ?? stored?.description ?? "",
    secret: textField(body, "secret", { max: 64, optional: true }) ?? stored?.secret ?? "",
    enable_ssl: (body["enable_ssl"] ?? stored?.enable_ssl ?? true) as boolean,
    is_active: (body["is_active"] ?? stored?.is_active ?? true) as boolean,
  };
}

function eventsOf(given: unknown, stored?: StoredWebhook): string[] {
  if (given === undefined) {
    if (stored) return stored.events;
    throw refuse(400, { events: ["This field is required."] });
  }
  if (!Array.isArray(given))
    throw refuse(400, {
      events: [`Expected a list of items but got type "${typeof given === "string" ? "str" : "dict"}".`],
    });
  const events = [...new Set(given.map(String))].sort();
  const unknown = events.find((event) => !WEBHOOK_EVENTS.some((known) => known === event));
  if (unknown !== undefined) throw refuse(400, { events: [`"${unknown}" is not a valid choice.`] });
  return events;
}

/** The secret is never shown again; of the last delivery there is nothing before the first. */
function shown(asked: Asked, { owner, ...webhook }: StoredWebhook) {
  return {
    ...webhook,
    secret: undefined,
    url: `http://${asked.host}/api/webhooks/${webhook.id}`,
    project_id: null,
    owner: basicUser(asked, owner),
  };
}
