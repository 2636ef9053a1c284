import { WEBHOOK_EVENTS } from "../../../../components/cvat/webhook-config.ts";
import { errorPage, json, nothing, Refusal, refuse, detail } from "./answers.ts";
import { filtered, FORBIDDEN, mayTouch, page, byId, visible, type Asked, type Route } from "./asked.ts";
import { isUrl } from "./django.ts";
import { booleanField, choiceField, textField, wrong } from "./fields.ts";
import { hasPrivilege, hasRole, isAdmin } from "./rules.ts";
import { basicUser } from "./users.ts";
import type { StoredWebhook } from "./store.ts";

const TYPES = ["organization", "project"];
export const WEBHOOK_ROUTES: readonly Route[] = [
  {
    path: /^webhooks$/,
    methods: {
      GET: (asked) => {
        const found = filtered(asked, visible(asked, asked.state.webhooks, "maintainer"), {
          target_url: (one) => one.target_url,
          type: (one) => one.type,
          owner: (one) => asked.state.users.find(({ id }) => id === one.owner)?.username ?? "",
        });
        return page(asked, "webhooks", found, shown);
      },
      POST: (asked) => {
        const { body, state, store, user, context } = asked;
        if (!mayMake(asked)) throw detail(403, FORBIDDEN);
        const type = choiceField(body, "type", TYPES);
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
  const found = byId(asked, asked.state.webhooks, "Webhook");
  if (!mayTouch(asked, found, "maintainer")) throw detail(403, FORBIDDEN);
  return found;
}

function mayMake({ state, user, context }: Asked): boolean {
  return isAdmin(user) || (hasPrivilege(user, "worker") && hasRole(state, user, context?.id, "maintainer"));
}

/** What a call may set, over what is there. A type that was given once stays. */
function fieldsOf({ body }: Asked, stored?: StoredWebhook) {
  const optional = { optional: stored !== undefined };
  const target_url = textField(body, "target_url", { max: 8192, ...optional }) ?? stored?.target_url ?? "";
  if (!isUrl(target_url)) throw wrong("target_url", "Enter a valid URL.");
  if (body["content_type"] !== undefined) choiceField(body, "content_type", ["application/json"]);
  const free = { optional: true, blank: true };
  return {
    target_url,
    content_type: "application/json",
    events: eventsOf(body["events"], stored),
    description: textField(body, "description", { max: 128, ...free }) ?? stored?.description ?? "",
    secret: textField(body, "secret", { max: 64, ...free }) ?? stored?.secret ?? "",
    enable_ssl: booleanField(body, "enable_ssl") ?? stored?.enable_ssl ?? true,
    is_active: booleanField(body, "is_active") ?? stored?.is_active ?? true,
  };
}

function eventsOf(given: unknown, stored?: StoredWebhook): string[] {
  if (given === undefined) {
    if (stored) return stored.events;
    throw wrong("events", "This field is required.");
  }
  if (given === null) throw wrong("events", "This field may not be null.");
  if (!Array.isArray(given))
    throw wrong("events", `Expected a list of items but got type "${typeof given === "string" ? "str" : "dict"}".`);
  const events = [...new Set(given.map(String))].sort();
  const unknown = events.find((event) => !WEBHOOK_EVENTS.some((known) => known === event));
  if (unknown !== undefined) throw wrong("events", `"${unknown}" is not a valid choice.`);
  // Kept as one text with commas, and none is then one event without a name. (EventTypesSerializer, EventTypeValidator)
  if (events.length === 0) throw refuse(400, { non_field_errors: ["Invalid events list for organization webhook"] });
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
