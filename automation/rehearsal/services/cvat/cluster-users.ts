import { BatchV1Api, CoreV1Api, KubeConfig, type V1Job } from "@kubernetes/client-node";
import { INITIALISATION } from "../../../../components/cvat/initialisation/once.ts";
import { PYTHON, USERS } from "../../../../components/cvat/names.ts";
import { USERS_SCRIPT } from "../../../../components/cvat/users/job.ts";
import type { CvatConfig } from "./config.ts";
import { hashed, isPassword } from "./auth.ts";
import { becomeAdministrator } from "./users.ts";
import type { State, Store, StoredMembership, StoredUser } from "./store.ts";

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
  const job = await newestJob(config.makeApiClient(BatchV1Api), cluster.namespace);
  const uid = job?.metadata?.uid;
  if (!job || uid === undefined || uid === store.state.usersJob) return undefined;
  const core = config.makeApiClient(CoreV1Api);
  const script = await core.readNamespacedConfigMap(place).catch(absent);
  const secret = await core.readNamespacedSecret(place).catch(absent);
  const wanted = secret?.data?.["users.json"];
  const users = wanted === undefined ? [] : usersIn(wanted);
  const problem =
    podProblem(job) ??
    (Object.entries(USERS_SCRIPT).every(([file, text]) => script?.data?.[file] === text)
      ? undefined
      : `ConfigMap ${USERS} has not the script of this version`) ??
    (wanted === undefined ? `Secret ${USERS} has no users.json` : undefined) ??
    usersProblem(store, users);
  store.state.usersJob = uid;
  if (problem === undefined) applyUsers(store, users);
  store.save();
  return problem;
}

/** That of the stack, or one that a restore has made of it. Dates have no more than seconds, in which the one of a longer name is the later. */
async function newestJob(batch: BatchV1Api, namespace: string): Promise<V1Job | undefined> {
  const { items } = await batch.listNamespacedJob({ namespace });
  const age = ({ metadata }: V1Job) => [metadata?.creationTimestamp?.getTime() ?? 0, metadata?.name?.length ?? 0];
  return items
    .filter(({ spec }) => spec?.template.metadata?.labels?.["app"] === USERS)
    .sort((one, other) => age(one).reduce((order, value, index) => order || value - (age(other)[index] ?? 0), 0))
    .at(-1);
}

/** Kubernetes says 404, and there is nothing to do yet. */
const absent = (): undefined => undefined;

/** Whether the pod would find its script and its users where its command looks. */
function podProblem({ spec }: V1Job): string | undefined {
  const { containers = [], volumes = [] } = spec?.template.spec ?? {};
  const [container] = containers;
  const isMounted = (file: string, from: string) => {
    const mount = container?.volumeMounts?.find(({ mountPath }) => file.startsWith(`${mountPath}/`));
    const volume = volumes.find(({ name }) => name === mount?.name);
    return [volume?.configMap?.name, volume?.secret?.secretName].includes(from);
  };
  const [first, once = "", patience, python, ...files] = container?.command ?? [];
  const waitsItsTurn = first === PYTHON && isMounted(once, INITIALISATION) && Number(patience) > 0;
  if (!waitsItsTurn || python !== PYTHON || files.length !== 2 || !files.every((file) => isMounted(file, USERS)))
    return "the pod's command does not fit what is mounted";
  const variables = (container?.env ?? []).map(({ name }) => name);
  return variables.includes("CVAT_POSTGRES_HOST") ? undefined : "the pod does not know CVAT's database";
}

function usersIn(encoded: string | undefined): WantedUser[] {
  const text = Buffer.from(encoded ?? "", "base64").toString("utf8");
  return (JSON.parse(text) as { users: WantedUser[] }).users;
}

/** What users.py refuses: Django's rules of passwords as far as numbers and length go, an address and a name that are somebody's. */
function usersProblem({ state }: Store, users: readonly WantedUser[]): string | undefined {
  const weak = users.find(({ password }) => password.length < 8 || /^\d+$/.test(password));
  if (weak) return `the password of ${weak.username} is refused`;
  const names = new Set(users.map(({ username }) => username));
  const foreign = state.users.filter(({ username, ours }) => !ours && !names.has(username));
  for (const { username, email } of users) {
    const taken = foreign.find((one) => isSame(one.email, email));
    if (taken) return `the e-mail address of ${username} is that of CVAT's user ${taken.username} already`;
    const there = state.users.some((one) => one.username === username);
    const same = state.users.find((one) => isSame(one.username, username));
    if (!there && same && !isRenamed(state, users, same)) return `CVAT has a user ${same.username} already`;
  }
  return undefined;
}

/** As users.py does it, in its order. */
export function applyUsers(store: Store, wanted: readonly WantedUser[]): void {
  const { state } = store;
  const names = new Set(wanted.map(({ username }) => username));
  const renamed = state.users.find((user) => isRenamed(state, wanted, user));
  if (renamed) renamed.username = wanted[0]?.username ?? "";
  for (const user of state.users)
    if (!names.has(user.username) && wanted.some(({ email }) => isSame(user.email, email))) user.email = "";
  for (const { username, email, password, role, firstName = "", lastName = "" } of wanted) {
    const found = state.users.find((one) => one.username === username);
    const user = found ?? newUser(store, username);
    if (!found) state.users.push(user);
    const admin = role === "admin";
    if (!admin && (user.is_superuser || user.groups.includes("admin"))) user.has_analytics_access = false;
    if (!isPassword(user, password) || !user.is_active) endCredentials(state, user);
    Object.assign(user, { email, first_name: firstName, last_name: lastName, is_active: true, groups: [role] });
    Object.assign(user, { is_superuser: admin, is_staff: admin });
    becomeAdministrator(user);
    if (!isPassword(user, password)) user.password = hashed(password);
  }
  for (const user of state.users.filter(({ ours, username }) => ours && !names.has(username))) {
    user.is_active = false;
    endCredentials(state, user);
  }
  handOver(store, wanted[0]?.username);
}

/** What CVAT itself leaves to who is switched off or gets another password. (cvat-real-third-look.md 2.4) */
function endCredentials(state: State, user: StoredUser): void {
  user.token = null;
  for (const token of state.accessTokens) if (token.owner === user.id) token.revoked = true;
  state.sessions = Object.fromEntries(Object.entries(state.sessions).filter(([, session]) => session.user !== user.id));
}

const isSame = (one: string, other: string) => one !== "" && one.toLowerCase() === other.toLowerCase();

/** The superuser, if he has another name in the stack and it can be told who he is. */
function isRenamed({ users }: State, wanted: readonly WantedUser[], user: StoredUser): boolean {
  const [superuser] = wanted;
  if (!superuser || users.some(({ username }) => username === superuser.username)) return false;
  const left = users.filter(
    (one) => one.ours && one.is_active && one.is_superuser && !wanted.some(({ username }) => username === one.username),
  );
  return left.length === 1 && left[0] === user;
}

function handOver(store: Store, superuser: string | undefined): void {
  const { state } = store;
  const owner = state.users.find(({ username }) => username === superuser);
  if (!owner) return;
  const off = state.users.filter(({ ours, is_active }) => ours && !is_active);
  for (const organization of state.organizations.filter((one) => off.some(({ id }) => id === one.owner))) {
    const members = state.memberships.filter((one) => one.organization === organization.id);
    for (const member of members) if (member.user === organization.owner) member.role = "maintainer";
    const own = members.find(({ user }) => user === owner.id);
    if (own) Object.assign(own, { role: "owner", is_active: true });
    else state.memberships.push(ownership(store, organization.id, owner.id));
    organization.owner = owner.id;
  }
}

function ownership(store: Store, organization: number, user: number): StoredMembership {
  const joined_date = new Date().toISOString();
  const id = store.next("memberships");
  return { id, user, organization, role: "owner", is_active: true, joined_date, invitation: null };
}

function newUser(store: Store, username: string): StoredUser {
  const flags = { is_superuser: false, is_staff: false, is_active: true, groups: [], ours: true };
  const id = store.next("users");
  const names = { username, email: "", first_name: "", last_name: "" };
  return { id, ...names, password: "", ...flags, date_joined: new Date().toISOString(), token: null };
}
