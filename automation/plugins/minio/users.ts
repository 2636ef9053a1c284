import { randomBytes } from "node:crypto";
import type { AnyKind } from "../../../provider/protocol/plugin.ts";
import { byInputs } from "../compare.ts";
import { AdminError } from "../../../components/storage/client/admin.ts";
import { fatal, wordsOf, type Store } from "./store.ts";

const isGone = (error: unknown) => error instanceof AdminError && /NoSuch(User|Policy)$/.test(error.code);

/** Users, policies and who has which, with the faults of the real plugin. (plugins.md, section 3) */
export function userKinds(store: () => Store): Record<string, AnyKind> {
  /** Does it, and says by what it failed as the real one does, whose own format text is left in. */
  const attempt = async <T>(what: string, name: string, work: Promise<T>): Promise<T> =>
    work.catch((error: unknown) => {
      throw fatal(`${what} (${name}): ${wordsOf(error, store(), "")}`);
    });

  const user: AnyKind = {
    diff: byInputs(["name"]),
    async create(inputs) {
      const name = String(inputs["name"]);
      const secret = typeof inputs["secret"] === "string" ? inputs["secret"] : randomBytes(20).toString("hex");
      await attempt("error creating IAM User %s: %s", name, store().admin.setUser(name, secret, statusOf(inputs)));
      return { id: name, outs: { ...userDefaults, ...inputs, name, secret, status: statusOf(inputs) } };
    },
    async read(id, olds) {
      try {
        const { status } = await store().admin.user(id);
        const outs = { ...userDefaults, ...olds, name: id, status, disableUser: status === "disabled" };
        return { id, outs, inputs: { name: id } };
      } catch (error) {
        if (isGone(error)) return undefined;
        throw fatal(`error reading IAM User (${id}): ${wordsOf(error, store(), "")}`);
      }
    },
    async update(id, olds, news) {
      // Any update of a user to be destroyed by force removes it, and then the plugin reports that it is not there.
      if (news["forceDestroy"] === true) {
        await attempt("error deleting IAM User %s: %s", id, store().admin.removeUser(id));
        throw new Error("Resource provider reported that the resource did not exist while updating it.");
      }
      const status = statusOf(news);
      await attempt("error to disable IAM User %s: %s", id, store().admin.setStatus(id, status));
      const secret =
        news["updateSecret"] === true ? randomBytes(20).toString("hex") : (news["secret"] ?? olds["secret"]);
      if (secret !== olds["secret"]) {
        await attempt("error updating IAM User Key %s: %s", id, store().admin.setUser(id, String(secret), status));
      }
      return { ...olds, ...news, secret, status };
    },
    async delete(id) {
      await attempt("error deleting IAM User %s: %s", id, store().admin.removeUser(id));
    },
  };

  const policy: AnyKind = {
    diff: byInputs(["name"], (key, old, wanted) =>
      key === "policy" ? sameDocument(String(old), String(wanted)) : JSON.stringify(old) === JSON.stringify(wanted),
    ),
    async create(inputs) {
      const name = String(inputs["name"]);
      await attempt("unable to create policy", name, store().admin.addPolicy(name, String(inputs["policy"])));
      return { id: name, outs: { ...inputs, name } };
    },
    async read(id, olds) {
      try {
        const found = await store().admin.policy(id);
        const before = typeof olds["policy"] === "string" ? olds["policy"] : "";
        // The server reorders what it is given; that is no drift.
        const document = sameDocument(before, found) ? before : JSON.stringify(JSON.parse(found));
        const outs = { name: id, policy: document };
        return { id, outs, inputs: outs };
      } catch (error) {
        if (isGone(error)) return undefined;
        throw fatal(`unable to read policy (${id}): ${wordsOf(error, store(), "")}`);
      }
    },
    async update(id, _olds, news) {
      await attempt("unable to update policy", id, store().admin.addPolicy(id, String(news["policy"])));
      return { ...news, name: id };
    },
    async delete(id) {
      await attempt("unable to delete policy", id, store().admin.removePolicy(id));
    },
  };

  const attachment: AnyKind = {
    diff: byInputs(["userName", "policyName"]),
    async create(inputs) {
      const { userName, policyName } = namesIn(inputs);
      const { policies } = await attempt("failed to load user Infos", userName, store().admin.user(userName));
      const all = [...new Set([...policies, policyName])];
      await attempt("unable to set policy to user", userName, store().admin.setPoliciesOf(userName, all));
      // The real one's id says nothing of the policy. (plugins-second-look.md)
      return { id: `${userName}-${Date.now()}`, outs: inputs };
    },
    async read(id, olds) {
      const { userName, policyName } = namesIn(olds);
      const { policies } = await attempt("failed to load user Infos", userName, store().admin.user(userName));
      return policies.includes(policyName) ? { id, outs: olds, inputs: { policyName, userName } } : undefined;
    },
    update: (_id, _olds, news) => Promise.resolve(news),
    async delete(_id, olds) {
      const { userName, policyName } = namesIn(olds);
      const { policies } = await attempt("failed to load user Infos", userName, store().admin.user(userName));
      const left = policies.filter((one) => one !== policyName);
      await attempt("unable to detach policy from user", userName, store().admin.setPoliciesOf(userName, left));
    },
  };

  return { IamUser: user, IamPolicy: policy, IamUserPolicyAttachment: attachment };
}

const userDefaults = { disableUser: false, forceDestroy: false, updateSecret: false };

const statusOf = (inputs: Record<string, unknown>) => (inputs["disableUser"] === true ? "disabled" : "enabled");

const namesIn = (props: Record<string, unknown>) => ({
  userName: String(props["userName"]),
  policyName: String(props["policyName"]),
});

/** Whether two policies allow the same: the order in their lists says nothing. */
function sameDocument(one: string, other: string): boolean {
  try {
    return JSON.stringify(inOrder(JSON.parse(one))) === JSON.stringify(inOrder(JSON.parse(other)));
  } catch {
    return one === other;
  }
}

function inOrder(value: unknown): unknown {
  if (Array.isArray(value)) {
    // The server writes a list of one as the one.
    const items = value.map(inOrder).sort((a, b) => JSON.stringify(a).localeCompare(JSON.stringify(b)));
    return items.length === 1 ? items[0] : items;
  }
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => a.localeCompare(b))
      .map(([key, inner]) => [key, inOrder(inner)]),
  );
}
