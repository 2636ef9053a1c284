import { createHash } from "node:crypto";
import { AppsV1Api, CoreV1Api, KubeConfig, type V1EnvVar, type V1PodSpec } from "@kubernetes/client-node";
import bcrypt from "bcryptjs";
import type { Account } from "./account.ts";
import type { ApiKeys } from "./keys.ts";
import { refuse } from "./refusal.ts";

/** Somebody who may sign in. */
interface Pair extends Account {
  key: string;
  secret: string;
}

interface FixedUser extends Account {
  username: string;
  /** Base64 of a bcrypt hash. */
  password: string;
}

/** What the API server's container is told. */
export interface Server {
  pairs: Pair[];
  users: FixedUser[];
  tokenSecret: string;
}

const DEPLOYMENT = "clearml-apiserver";
const CONFIG_FOLDER = "/opt/clearml/config";
/** Roles of the image's own slots; those with `fixed: false` are revoked where web users are declared. */
const SLOTS: Readonly<Record<string, { role: string; fixed: boolean }>> = {
  apiserver: { role: "system", fixed: true },
  fileserver: { role: "system", fixed: true },
  webserver: { role: "system", fixed: false },
  services_agent: { role: "admin", fixed: true },
  tests: { role: "user", fixed: false },
};

/** Reads what the API server's pod would be told: its environment and its configuration folder, from the Secrets they come from. */
export class AccountReader {
  readonly #apps: AppsV1Api;
  readonly #core: CoreV1Api;
  readonly #namespace: string;

  constructor(kubeconfig: string, namespace: string) {
    const config = new KubeConfig();
    config.loadFromFile(kubeconfig);
    this.#apps = config.makeApiClient(AppsV1Api);
    this.#core = config.makeApiClient(CoreV1Api);
    this.#namespace = namespace;
  }

  /** Undefined while the Deployment is not there or not ready. */
  async server(): Promise<Server | undefined> {
    const found = await this.#apps
      .readNamespacedDeployment({ name: DEPLOYMENT, namespace: this.#namespace })
      .catch(() => undefined);
    const pod = found?.spec?.template.spec;
    if (!pod || (found.status?.readyReplicas ?? 0) < 1) return undefined;
    const settings = await this.#settings(pod);
    const users = usersIn(await this.#configuration(pod));
    return {
      pairs: pairsIn(settings, users.length > 0),
      users,
      tokenSecret: settings["secure.auth.token_secret"] ?? "",
    };
  }

  /** `CLEARML__A__B` sets a.b; the path knows no case. */
  async #settings(pod: V1PodSpec): Promise<Record<string, string>> {
    const variables = pod.containers[0]?.env ?? [];
    const entries = variables
      .filter(({ name }) => name.startsWith("CLEARML__"))
      .map(async (variable) => {
        const path = variable.name.slice("CLEARML__".length).toLowerCase().replaceAll("__", ".");
        return [path, await this.#valueOf(variable)] as const;
      });
    return Object.fromEntries(await Promise.all(entries));
  }

  async #valueOf({ value, valueFrom }: V1EnvVar): Promise<string> {
    const reference = valueFrom?.secretKeyRef;
    return reference ? this.#secret(reference.name ?? "", reference.key) : (value ?? "");
  }

  async #configuration(pod: V1PodSpec): Promise<string> {
    const mount = pod.containers[0]?.volumeMounts?.find(({ mountPath }) => mountPath === CONFIG_FOLDER);
    const secret = pod.volumes?.find(({ name }) => name === mount?.name)?.secret?.secretName;
    return secret === undefined ? "" : this.#secret(secret, "apiserver.conf");
  }

  /** A pod does not start without its Secrets, so one that is not there is an error. */
  async #secret(name: string, key: string): Promise<string> {
    const { data = {} } = await this.#core.readNamespacedSecret({ name, namespace: this.#namespace });
    const value = data[key];
    if (value === undefined) throw new Error(`the Secret ${name} has no ${key}: the API server's pod would not start`);
    return Buffer.from(value, "base64").toString("utf8");
  }
}

function pairsIn(settings: Readonly<Record<string, string>>, fixedUsers: boolean): Pair[] {
  const slot = (name: string, field: string) => settings[`secure.credentials.${name}.${field}`];
  const names = new Set(
    Object.keys(settings).flatMap((path) => /^secure\.credentials\.([^.]+)\./.exec(path)?.[1] ?? []),
  );
  return [...names].flatMap((name) => {
    const { role, fixed } = SLOTS[name] ?? { role: slot(name, "role") ?? "", fixed: true };
    const key = slot(name, "user_key");
    const secret = slot(name, "user_secret");
    return key && secret && (fixed || !fixedUsers) ? [{ id: `__${name}__`, name, role, key, secret }] : [];
  });
}

/** The users of an `apiserver.conf` as components/clearml/users.ts writes it. */
function usersIn(configuration: string): FixedUser[] {
  const blocks = configuration.matchAll(/username: (".*")\s+password: (".*")\s+name: (".*")/g);
  return [...blocks].map((block) => {
    const [username, password, name] = block.slice(1).map((text) => JSON.parse(text) as string);
    const id = createHash("md5").update(`d1bd92a3b039400cbafc60a7a5b1e52b:${username}`).digest("hex");
    return { id, username: username ?? "", password: password ?? "", name: name ?? "", role: "user" };
  });
}

/** Whose pair this is. @throws Refusal when nobody's */
export async function accountOf({ pairs, users }: Server, keys: ApiKeys, basic: string): Promise<Account> {
  const [, key = "", secret = ""] = /^([^:]*):?(.*)$/s.exec(Buffer.from(basic, "base64").toString("latin1")) ?? [];
  const user = users.find(({ username }) => username === key);
  if (user) {
    const right = await bcrypt.compare(secret, Buffer.from(user.password, "base64").toString("ascii"));
    if (!right) throw refuse("credentials", "(bad username or password)");
    return user;
  }
  const pair = pairs.find((one) => one.key === key && one.secret === secret) ?? keys.owner(key, secret, users);
  if (!pair) throw refuse("credentials", "(failed to locate provided credentials)");
  return pair;
}
