import { BatchV1Api, CoreV1Api, KubeConfig, type V1Job } from "@kubernetes/client-node";
import { USERS } from "../../../../components/cvat/names.ts";
import { USERS_SCRIPT } from "../../../../components/cvat/users/job.ts";
import type { CvatConfig } from "./asked.ts";
import { hashed, isPassword } from "./auth.ts";
import type { Store, StoredUser } from "./store.ts";

/** A user as the Job's Secret has him. */
export interface WantedUser {
  username: string;
  email: string;
  firstName?: string;
  lastName?: string;
  password: string;
  role: "admin" | "user" | "worker";
}

/**
 * Does what the users Job of the cluster does at home: no pod runs in a rehearsal. A Job is carried out once, from what its pod would have
 * before it; one whose pod would fail changes nothing.
 * @returns what went wrong, if anything did
 */
export async function carryOutUsersJob(
  store: Store,
  cluster: NonNullable<CvatConfig["cluster"]>,
): Promise<string | undefined> {
  const config = new KubeConfig();
  config.loadFromFile(cluster.kubeconfig);
  config.setCurrentContext(cluster.context);
  const place = { name: USERS, namespace: cluster.namespace };
  const job = await config.makeApiClient(BatchV1Api).readNamespacedJob(place).catch(absent);
  const uid = job?.metadata?.uid;
  if (!job || uid === undefined || uid === store.state.usersJob) return undefined;
  const core = config.makeApiClient(CoreV1Api);
  const script = await core.readNamespacedConfigMap(place).catch(absent);
  const secret = await core.readNamespacedSecret(place).catch(absent);
  const wanted = secret?.data?.["users.json"];
  const problem =
    podProblem(job) ??
    (script?.data?.["users.py"] === USERS_SCRIPT
      ? undefined
      : `ConfigMap ${USERS} has not the script of this version`) ??
    (wanted === undefined ? `Secret ${USERS} has no users.json` : undefined) ??
    usersProblem(wanted);
  store.state.usersJob = uid;
  if (problem === undefined) applyUsers(store, usersIn(wanted));
  store.save();
  return problem;
}

/** Kubernetes says 404, and there is nothing to do yet. */
const absent = (): undefined => undefined;

/** Whether the pod would find its script and its users where its command looks. */
function podProblem({ spec }: V1Job): string | undefined {
  const { containers = [], volumes = [] } = spec?.template.spec ?? {};
  const [container] = containers;
  const mounted = (file: string) => {
    const mount = container?.volumeMounts?.find(({ mountPath }) => file.startsWith(`${mountPath}/`));
    const volume = volumes.find(({ name }) => name === mount?.name);
    return [volume?.configMap?.name, volume?.secret?.secretName].includes(USERS);
  };
  const [python, ...files] = container?.command ?? [];
  if (python !== "python" || files.length !== 2 || !files.every(mounted))
    return "the pod's command does not fit what is mounted";
  const variables = (container?.env ?? []).map(({ name }) => name);
  return variables.includes("CVAT_POSTGRES_HOST") ? undefined : "the pod does not know CVAT's database";
}

function usersIn(encoded: string | undefined): WantedUser[] {
  const text = Buffer.from(encoded ?? "", "base64").toString("utf8");
  return (JSON.parse(text) as { users: WantedUser[] }).users;
}

/** What Django refuses of a password, as far as numbers and length go. */
function usersProblem(encoded: string | undefined): string | undefined {
  const weak = usersIn(encoded).find(({ password }) => password.length < 8 || /^\d+$/.test(password));
  return weak && `the password of ${weak.username} is refused`;
}

/** As users.py does it. */
export function applyUsers(store: Store, wanted: readonly WantedUser[]): void {
  const { state } = store;
  for (const { username, email, password, role, firstName = "", lastName = "" } of wanted) {
    const found = state.users.find((one) => one.username === username);
    const user = found ?? newUser(store, username);
    if (!found) state.users.push(user);
    const admin = role === "admin";
    Object.assign(user, { email, first_name: firstName, last_name: lastName, is_active: true, groups: [role] });
    Object.assign(user, { is_superuser: admin, is_staff: admin });
    if (!isPassword(user, password)) user.password = hashed(password);
  }
  const names = new Set(wanted.map(({ username }) => username));
  for (const user of state.users) if (user.ours && !names.has(user.username)) user.is_active = false;
}

function newUser(store: Store, username: string): StoredUser {
  const flags = { is_superuser: false, is_staff: false, is_active: true, groups: [], ours: true };
  const id = store.next("users");
  const names = { username, email: "", first_name: "", last_name: "" };
  return { id, ...names, password: "", ...flags, date_joined: new Date().toISOString(), token: null };
}
