import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, it } from "vitest";
import { BEHAVIOURS } from "../../automation/rehearsal/services/cvat/behaviours.ts";
import { applyUsers } from "../../automation/rehearsal/services/cvat/cluster-users.ts";
import { MODELS, soundModel } from "../fixtures/cvat/models.ts";
import { closed } from "../fixtures/cvat/s3.ts";
import { ADMIN, ALICE, startCvat, storageBody, type TestCvat } from "../fixtures/cvat/stand-in.ts";

let cvat: TestCvat;
const tested = new Set<string>();

const behaves = (source: keyof typeof BEHAVIOURS, test: () => Promise<void>) => {
  tested.add(source);
  it(`${source}: ${BEHAVIOURS[source]}`, test);
};

beforeAll(async () => {
  cvat = await startCvat();
  cvat.s3.buckets = { datasets: ["a/1.jpg", "a/2.jpg", "a/readme.md", "manifest.jsonl"], cvat: [] };
});
afterAll(() => cvat.end());

const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
  cvat.call("POST", path, { body, headers });
const idOf = ({ body }: { body: unknown }) => (body as { id: number }).id;
const resultsOf = ({ body }: { body: unknown }) => (body as { results: Record<string, unknown>[] }).results;
const organization = async (slug: string) => idOf(await post("organizations", { slug }));

behaves("0.1", async () => {
  const statusOf = async (Accept: string) => (await cvat.call("GET", "users/self", { headers: { Accept } })).status;
  expect(await statusOf("application/json")).toBe(406);
  for (const accept of ["*/*", "application/vnd.cvat+json", "application/vnd.cvat+json; version=2.0"])
    expect(await statusOf(accept)).toBe(200);
  expect(await statusOf("application/vnd.cvat+json; version=1.0")).toBe(406);
});

behaves("0.2", async () => {
  const headers = { "Content-Type": "application/vnd.cvat+json" };
  expect(await cvat.call("POST", "projects", { body: { name: "x" }, headers })).toMatchObject({ status: 415 });
});

behaves("0.3", async () => {
  const answer = await cvat.call("GET", "projects/");
  expect(answer).toMatchObject({ status: 404, type: "text/html; charset=utf-8" });
});

behaves("0.4", async () => {
  await post("projects", { name: "ignored" });
  expect(resultsOf(await cvat.call("GET", "projects?nme=nothing")).length).toBeGreaterThan(0);
});

behaves("0.5", async () => {
  for (const name of ["twice", "twice"]) expect((await post("projects", { name })).status).toBe(201);
  for (const name of ["twice", "twice"])
    expect((await post("cloudstorages", storageBody({ display_name: name }))).status).toBe(201);
});

behaves("1.1", async () => {
  expect(await cvat.call("GET", "server/about", { key: null })).toMatchObject({
    status: 200,
    body: { version: "2.64.0" },
  });
  expect(await cvat.call("GET", "server/about", { key: "dead" })).toMatchObject({
    status: 401,
    body: { detail: "Invalid token." },
  });
});

behaves("1.2", async () => {
  const health = () => cvat.call("GET", "server/health/?format=json", { key: null });
  expect(await health()).toMatchObject({ status: 200, body: { OPAHealthCheck: "working" } });
  await cvat.order({ failing: ["OPAHealthCheck"] });
  expect((await health()).status).toBe(500);
  await cvat.order({});
});

behaves("1.4", async () => {
  const signIn = (body: unknown) => cvat.call("POST", "auth/login", { key: null, body });
  const wrong = { non_field_errors: ["Unable to log in with provided credentials."] };
  for (const username of [ADMIN.username, "nobody"])
    expect(await signIn({ username, password: "wrong" })).toMatchObject({ status: 400, body: wrong });
  expect((await signIn({ email: ADMIN.email, password: ADMIN.password })).status).toBe(200);
  expect(await signIn({})).toMatchObject({
    status: 400,
    body: ['Must include either "username" or "email" and "password".'],
  });
  expect((await cvat.call("GET", "auth/login", { key: null })).status).toBe(405);
});

behaves("1.5", async () => {
  const { headers } = await cvat.call("POST", "auth/login", { key: null, body: ADMIN });
  const Cookie = headers
    .getSetCookie()
    .map((cookie) => cookie.split(";")[0])
    .join("; ");
  const again = await cvat.call("POST", "auth/login", { key: null, body: ADMIN, headers: { Cookie } });
  expect(again).toMatchObject({ status: 403, body: { detail: "CSRF Failed: CSRF token missing." } });
});

behaves("1.6", async () => {
  const as = (Authorization: string) => cvat.call("GET", "users/self", { key: null, headers: { Authorization } });
  const key = await cvat.key(ALICE);
  expect((await as(`token ${key}`)).status).toBe(200);
  expect((await as(`Bearer ${key}`)).status).toBe(401);
  expect((await as(`Basic ${btoa(`${ALICE.username}:${ALICE.password}`)}`)).status).toBe(200);
  expect(await as("")).toMatchObject({ status: 401 });
  const [alice] = resultsOf(await cvat.call("GET", "users?username=alice"));
  const path = `users/${Number(alice?.["id"])}`;
  await cvat.call("PATCH", path, { body: { is_active: false } });
  expect(await as(`Token ${key}`)).toMatchObject({ status: 401, body: { detail: "User inactive or deleted." } });
  await cvat.call("PATCH", path, { body: { is_active: true } });
});

behaves("1.7", async () => {
  const key = await cvat.key(ALICE);
  expect(await cvat.key(ALICE)).toBe(key);
  await cvat.call("POST", "auth/logout", { key });
  expect((await cvat.call("GET", "users/self", { key })).status).toBe(401);
  expect(await cvat.key(ALICE)).not.toBe(key);
});

const token = async (key: string, body: Record<string, unknown> = { name: "cli", read_only: false }) => {
  const made = await cvat.call("POST", "auth/access_tokens", { key, body });
  return made.body as { id: number; value: string };
};
const statusBy = async (headers: Record<string, string>, method = "GET", body?: unknown) =>
  (await cvat.call(method, method === "GET" ? "users/self" : "projects", { key: null, headers, body })).status;
const bearer = ({ value }: { value: string }) => ({ Authorization: `Bearer ${value}` });

behaves("third 2.1", async () => {
  const key = await cvat.key(ALICE);
  const [rw, ro] = [await token(key), await token(key, { name: "look" })];
  const old = await token(key, { name: "old", expiry_date: "2020-01-01" });
  expect((await cvat.call("POST", "auth/access_tokens", { key, body: { name: "" } })).status).toBe(400);
  const listed = await cvat.call("GET", "auth/access_tokens", { key });
  expect(resultsOf(listed).map(({ id }) => id)).toEqual([ro.id, rw.id]);
  expect(JSON.stringify(listed.body)).not.toContain(rw.value);
  expect(resultsOf(await cvat.call("GET", "auth/access_tokens"))).toEqual([]);
  expect([await statusBy(bearer(ro)), await statusBy(bearer(old))]).toEqual([200, 401]);
  const owner = { username: ALICE.username };
  expect(resultsOf(listed)[0]).toMatchObject({ owner, last_used_date: null });
  const day = await token(key, { name: "day", expiry_date: "2099-01-31" });
  expect(day).toMatchObject({ expiry_date: "2099-01-31T00:00:00Z" });
  const at = { expiry_date: "2099-01-31T10:00:00.250" };
  const changed = await cvat.call("PATCH", `auth/access_tokens/${day.id}`, { key, body: at });
  expect(changed.body).toMatchObject({ expiry_date: "2099-01-31T10:00:00.250000Z" });
  const self = await cvat.call("GET", "auth/access_tokens/self", { key: null, headers: bearer(day) });
  expect(self.body).toMatchObject({ id: day.id, name: "day", last_used_date: expect.stringMatching(/^20/) as string });
  expect(JSON.stringify(self.body)).not.toContain(day.value);
  const tried = { name: "by a token" };
  expect([await statusBy(bearer(ro), "POST", tried), await statusBy(bearer(rw), "POST", tried)]).toEqual([403, 201]);
  expect((await cvat.call("DELETE", `auth/access_tokens/${rw.id}`, { key })).status).toBe(204);
  expect(await statusBy(bearer(rw))).toBe(401);
});

behaves("third 2.4", async () => {
  const renewed = { ...ALICE, username: "renewed", email: "renewed@example.test" };
  applyUsers(cvat.store, [ADMIN, ALICE, renewed]);
  const { headers, body } = await cvat.call("POST", "auth/login", { key: null, body: renewed });
  const { key } = body as { key: string };
  const hands = [
    { Authorization: `Token ${key}` },
    bearer(await token(key)),
    { Cookie: headers.getSetCookie().join("; ") },
  ];
  const opens = () => Promise.all(hands.map((one) => statusBy(one)));
  expect(await opens()).toEqual([200, 200, 200]);
  const [user] = resultsOf(await cvat.call("GET", "users?username=renewed"));
  const switched = (is_active: boolean) => cvat.call("PATCH", `users/${Number(user?.["id"])}`, { body: { is_active } });
  await switched(false);
  expect(await opens()).toEqual([401, 401, 401]);
  await switched(true);
  expect(await opens()).toEqual([200, 200, 200]);
  const passwords = { old_password: renewed.password, new_password1: "another-one", new_password2: "another-one" };
  await cvat.call("POST", "auth/password/change", { key, body: passwords });
  expect(await opens()).toEqual([200, 200, 401]);
});

behaves("2.1", async () => {
  await organization("slugs");
  expect(await post("organizations", { slug: "slugs" })).toMatchObject({
    status: 400,
    body: { slug: ["organization with this slug already exists."] },
  });
  expect((await post("organizations", { slug: "SLUGS" })).status).toBe(201);
  for (const slug of ["a".repeat(17), "a b"]) expect((await post("organizations", { slug })).status).toBe(400);
  expect((await post("organizations", {})).body).toEqual({ slug: ["This field is required."] });
});

behaves("2.2", async () => {
  const id = await organization("foreign");
  const key = await cvat.key(ALICE);
  expect((await cvat.call("GET", `organizations/${id}`, { key })).status).toBe(404);
  const as = (slug: string) => cvat.call("GET", "projects", { key, headers: { "X-Organization": slug } });
  expect((await as("foreign")).status).toBe(403);
  expect(await as("absent")).toMatchObject({ status: 404, body: { detail: "absent organization does not exist." } });
});

behaves("2.4", async () => {
  await organization("two");
  const both = (path: string) => cvat.call("GET", path, { headers: { "X-Organization": "two" } });
  expect((await both("projects?org=two")).status).toBe(200);
  expect((await both("projects?org=other")).status).toBe(400);
  expect((await both("projects?org_id=1")).status).toBe(400);
});

behaves("2.5", async () => {
  await organization("ctx");
  await post("projects", { name: "inside" }, { "X-Organization": "ctx" });
  const seen = async (headers: Record<string, string>) =>
    resultsOf(await cvat.call("GET", "projects?name=inside", { headers })).length;
  expect([await seen({}), await seen({ "X-Organization": "ctx" }), await seen({ "X-Organization": "" })]).toEqual([
    1, 1, 0,
  ]);
});

behaves("2.7", async () => {
  await organization("invites");
  const invite = (email: string, headers: Record<string, string> = { "X-Organization": "invites" }) =>
    post("invitations", { email, role: "worker" }, headers);
  // What refuses others, lets a superuser through, and then the database refuses it.
  expect((await invite(ALICE.email, {})).status).toBe(500);
  for (const email of [".bob@example.test", "x@y", "a..b@example.test"])
    expect(await invite(email)).toMatchObject({ status: 400, body: { email: ["Enter a valid email address."] } });
  expect((await invite(ALICE.email)).status).toBe(201);
  expect((await invite(ALICE.email)).body).toEqual(["The user is a member of the organization already."]);
  expect(await invite("nobody@example.test")).toMatchObject({ status: 500, body: "Email backend is not configured." });
  expect(resultsOf(await cvat.call("GET", "users?username=nobody@example.test"))).toHaveLength(1);
});

behaves("2.8", async () => {
  await organization("members");
  const headers = { "X-Organization": "members" };
  await post("invitations", { email: ALICE.email, role: "worker" }, headers);
  const [alice] = resultsOf(await cvat.call("GET", "memberships?user=alice", { headers }));
  const path = `memberships/${Number(alice?.["id"])}`;
  const changed = await cvat.call("PATCH", path, { headers, body: { role: "maintainer" } });
  expect(changed).toMatchObject({ status: 200, body: { role: "maintainer", user: { username: "alice" } } });
  expect((await post("memberships", {}, headers)).status).toBe(405);
});

behaves("2.9", async () => {
  const id = await organization("gone");
  const storage = idOf(await post("cloudstorages", storageBody(), { "X-Organization": "gone" }));
  expect((await cvat.call("DELETE", `organizations/${id}`)).status).toBe(204);
  expect((await cvat.call("GET", `cloudstorages/${storage}`)).body).toMatchObject({ organization: null });
});

behaves("3.2", async () => {
  const problem = async (changes: Record<string, unknown>) => {
    const answer = await post("cloudstorages", storageBody(changes));
    expect(answer).toMatchObject({ status: 400, type: "text/html; charset=utf-8" });
    return answer.body;
  };
  expect(await problem({ key: "wrong" })).toBe(
    "credentials: Cannot create resource datasets with specified credentials. Access forbidden.\n",
  );
  expect(await problem({ resource: "nobucket" })).toBe(
    "resource: The resource nobucket not found. It may have been deleted.\n",
  );
  expect(await problem({ specific_attributes: "endpoint_url=http://192.0.2.99:9000" })).toMatch(/^resource: /);
  expect(await problem({ key: "k".repeat(41) })).toBe("key: Ensure this field has no more than 40 characters.\n");
  expect(await problem({ resource: "B_" })).toBe("resource: Invalid characters (B,_) were found.\n");
  expect(await problem({ display_name: undefined })).toBe("display_name: This field is required.\n");
  expect(await problem({ provider_type: "MINIO" })).toBe('provider_type: "MINIO" is not a valid choice.\n');
  expect(await problem({ secret_key: undefined })).toBe("Insufficient data for authentication");
  expect(await problem({ manifests: ["nope.jsonl"] })).toBe(
    "manifests: The 'nope.jsonl' file does not exist on 'datasets' cloud storage\n",
  );
  expect(await problem({ credentials_type: "KEYS" })).toBe('credentials_type: "KEYS" is not a valid choice.\n');
  expect(await problem({ specific_attributes: "nonsense" })).toBe("specific_attributes: Invalid specific attributes\n");
});

behaves("3.3", async () => {
  const { specific_attributes } = storageBody();
  for (const prefix of ["/a", "a//b"]) {
    const body = storageBody({ specific_attributes: `${specific_attributes}&prefix=${encodeURIComponent(prefix)}` });
    expect(await post("cloudstorages", body)).toMatchObject({ status: 500, type: "text/html; charset=utf-8" });
  }
});

behaves("3.5", async () => {
  const made = await post("cloudstorages", storageBody({ display_name: "secret" }));
  for (const { body } of [made, await cvat.call("GET", `cloudstorages/${idOf(made)}`)]) {
    expect(body).toMatchObject({ display_name: "secret", resource: "datasets", owner: { username: "admin" } });
    expect(Object.keys(body as object)).not.toEqual(expect.arrayContaining(["key"]));
    expect(JSON.stringify(body)).not.toContain("cvat-secret");
  }
  expect((await cvat.call("GET", "cloudstorages/9999")).status).toBe(404);
});

behaves("3.6", async () => {
  await post("cloudstorages", storageBody({ display_name: "exact" }));
  expect(resultsOf(await cvat.call("GET", "cloudstorages?name=exact"))).toHaveLength(1);
  const logic = (term: string) =>
    cvat.call("GET", `cloudstorages?filter=${encodeURIComponent(`{"==":[{"var":"${term}"},"exact"]}`)}`);
  expect(resultsOf(await logic("name"))).toHaveLength(1);
  expect((await logic("display_name")).body).toEqual(["filter: term 'display_name' is not supported"]);
});

behaves("3.7", async () => {
  const path = `cloudstorages/${idOf(await post("cloudstorages", storageBody({ display_name: "json" })))}`;
  const refused = async (body: unknown) => (await cvat.call("PATCH", path, { body })).body;
  expect(await refused({ key: "wrong" })).toEqual({
    credentials: "Cannot update resource datasets with specified credentials. Access forbidden.",
  });
  expect(await refused({ resource: "nobucket" })).toMatchObject({
    resource: expect.stringContaining("nobucket") as string,
  });
  expect(await refused({ display_name: "n".repeat(64) })).toEqual({
    display_name: ["Ensure this field has no more than 63 characters."],
  });
  expect((await cvat.call("PUT", path, { body: {} })).status).toBe(405);
});

behaves("3.8", async () => {
  const path = `cloudstorages/${idOf(await post("cloudstorages", storageBody({ display_name: "merged" })))}`;
  expect((await cvat.call("PATCH", path, { body: { secret_key: "another" } })).status).toBe(200);
  cvat.s3.accessKey = "rotated";
  expect((await cvat.call("PATCH", path, { body: { secret_key: "another" } })).status).toBe(400);
  expect((await cvat.call("PATCH", path, { body: { key: "rotated" } })).status).toBe(200);
  cvat.s3.accessKey = "cvat-key";
});

behaves("3.10", async () => {
  const made = await post("cloudstorages", storageBody({ display_name: "listed", manifests: ["manifest.jsonl"] }));
  expect(made.body).toMatchObject({ manifests: ["manifest.jsonl"] });
  const kept = { manifests: ["manifest.jsonl"] };
  cvat.s3.buckets["datasets"] = cvat.s3.buckets["datasets"]?.filter((key) => key !== "manifest.jsonl") ?? [];
  expect((await cvat.call("PATCH", `cloudstorages/${idOf(made)}`, { body: kept })).status).toBe(200);
  cvat.s3.buckets["datasets"].push("manifest.jsonl");
  await cvat.call("PATCH", `cloudstorages/${idOf(made)}`, { body: { display_name: "listed-2" } });
  expect((await cvat.call("GET", `cloudstorages/${idOf(made)}`)).body).toMatchObject({ manifests: [] });
});

behaves("3.12", async () => {
  const id = idOf(await post("cloudstorages", storageBody({ resource: "cvat", display_name: "status" })));
  expect((await cvat.call("GET", `cloudstorages/${id}/status`)).body).toBe("AVAILABLE");
  delete cvat.s3.buckets["cvat"];
  expect((await cvat.call("GET", `cloudstorages/${id}/status`)).body).toBe("NOT_FOUND");
  cvat.s3.buckets["cvat"] = [];
});

behaves("3.14", async () => {
  const id = idOf(await post("cloudstorages", storageBody({ display_name: "used" })));
  const target_storage = { location: "cloud_storage", cloud_storage_id: id };
  const project = idOf(await post("projects", { name: "user", target_storage }));
  expect((await cvat.call("DELETE", `cloudstorages/${id}`)).status).toBe(204);
  expect((await cvat.call("GET", `projects/${project}`)).body).toMatchObject({ target_storage: null });
  expect((await cvat.call("DELETE", `cloudstorages/${id}`)).status).toBe(404);
});

behaves("4.1", async () => {
  const made = await post("projects", { name: "labelled", labels: [{ name: "cat" }] });
  expect(made.headers.get("location")).toContain(`/api/projects/${idOf(made)}`);
  const [label] = resultsOf(await cvat.call("GET", `labels?project_id=${idOf(made)}`));
  expect(label).toMatchObject({ name: "cat", type: "any" });
});

behaves("4.2", async () => {
  const labels = [{ name: "cat" }, { name: "cat" }];
  expect((await post("projects", { name: "x", labels })).body).toEqual(["All label names must be unique"]);
  const storage = (cloud_storage_id: number | null) =>
    post("projects", { name: "x", target_storage: { location: "cloud_storage", cloud_storage_id } });
  expect((await storage(9999)).body).toEqual(["CloudStorage matching query does not exist."]);
  expect((await storage(null)).status).toBe(400);
});

behaves("4.4", async () => {
  const project_id = idOf(await post("projects", { name: "of-tasks" }));
  const made = await post("tasks", { name: "t", project_id });
  expect(made).toMatchObject({ status: 201, body: { data: null, project_name: "of-tasks" } });
  expect((await post("tasks", { name: "t", project_id, labels: [{ name: "cat" }] })).status).toBe(400);
  expect((await post("tasks", { name: "t", project_id: 9999 })).status).toBe(400);
});

const newTask = async () => idOf(await post("tasks", { name: "t", labels: [{ name: "cat" }] }));
const newStorage = async () => idOf(await post("cloudstorages", storageBody({ display_name: "pictures" })));
/** The answer to the call, once its request is done. */
const dataOf = async (task: number, server_files: string[]) => {
  const body = { image_quality: 70, cloud_storage_id: await newStorage(), server_files };
  const answer = await post(`tasks/${task}/data`, body);
  if (answer.status === 202) await cvat.done(answer);
  return answer;
};
const requestOf = (answer: { body: unknown }) => cvat.done(answer);

behaves("4.5", async () => {
  const task = await newTask();
  const taken = await dataOf(task, ["a/"]);
  expect(taken).toMatchObject({ status: 202, body: { rq_id: `action=create&target=task&target_id=${task}` } });
  expect(await requestOf(taken)).toMatchObject({ status: "finished", progress: 0, result_id: null });
  expect((await cvat.call("GET", `tasks/${task}`)).body).toMatchObject({ size: 2, data: task });
});

behaves("4.7", async () => {
  const failed = await requestOf(await dataOf(await newTask(), ["a/1.jpg", "absent.jpg"]));
  expect(failed).toMatchObject({
    status: "failed",
    message: expect.stringContaining("'absent.jpg' not found") as string,
  });
});

behaves("4.8", async () => {
  const task = await newTask();
  expect((await post(`tasks/${task}/data`, {})).body).toEqual({ image_quality: ["This field is required."] });
  await dataOf(task, ["a/1.jpg"]);
  expect(await dataOf(task, ["a/2.jpg"])).toMatchObject({ status: 400, body: "Adding more data is not supported" });
});

behaves("4.11", async () => {
  const { body } = await dataOf(await newTask(), ["a/"]);
  const { rq_id } = body as { rq_id: string };
  for (const id of [rq_id, encodeURIComponent(rq_id)])
    expect((await cvat.call("GET", `requests/${id}`)).status).toBe(200);
  expect(await cvat.call("GET", "requests/absent")).toMatchObject({
    status: 404,
    body: "There is no request with specified id",
  });
});

behaves("4.13", async () => {
  const task = await newTask();
  await dataOf(task, ["absent.jpg"]);
  expect((await dataOf(task, ["absent.jpg"])).status).toBe(500);
  expect(await requestOf(await dataOf(task, ["a/1.jpg"]))).toMatchObject({ status: "failed" });
});

behaves("7.1", async () => {
  for (let number = 0; number < 12; number++) await post("projects", { name: `page-${number}` });
  const first = await cvat.call("GET", "projects");
  expect(resultsOf(first)).toHaveLength(10);
  expect(first.body).toMatchObject({ next: expect.stringContaining("page=2") as string, previous: null });
  expect(resultsOf(await cvat.call("GET", "projects?page_size=all")).length).toBeGreaterThan(10);
  expect(await cvat.call("GET", "projects?page=99")).toMatchObject({ status: 404, body: { detail: "Invalid page." } });
});

behaves("7.2", async () => {
  await post("projects", { name: "Case" });
  expect(resultsOf(await cvat.call("GET", "projects?name=case"))).toHaveLength(0);
  const filter = encodeURIComponent('{"and":[{"==":[{"var":"name"},"Case"]}]}');
  expect(resultsOf(await cvat.call("GET", `projects?filter=${filter}`))).toHaveLength(1);
  expect((await cvat.call("GET", "projects?filter=nonsense")).status).toBe(400);
});

behaves("7.4", async () => {
  const busy = await startCvat({ anonymousCalls: 2 });
  const key = await busy.key();
  await busy.call("GET", "server/about", { key: null });
  const answer = await busy.call("GET", "server/about", { key: null });
  expect(answer.status).toBe(429);
  expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(50);
  expect((await busy.call("GET", "users/self", { key })).status).toBe(200);
  expect((await busy.call("GET", "server/health/?format=json", { key: null })).status).toBe(200);
  await busy.end();
});

behaves("lambda_manager/views.py", async () => {
  let functions: Record<string, unknown> = {};
  const dashboard = createServer((request, response) => {
    const name = /^\/api\/functions\/(.+)$/.exec(request.url ?? "")?.[1];
    const body = name === undefined ? functions : functions[name];
    response.writeHead(body === undefined ? 404 : 200, { "content-type": "application/json" });
    response.end(JSON.stringify(body ?? { error: "Function not found" }));
  });
  await new Promise<void>((resolve) => dashboard.listen(0, "127.0.0.1", resolve));
  const nuclio = `http://127.0.0.1:${(dashboard.address() as AddressInfo).port}`;
  const lab = await startCvat({ nuclio });
  try {
    for (const [what, model, outcome] of MODELS) {
      functions = { first: soundModel({ name: "First" }), [model.metadata.name]: model };
      const list = await lab.call("GET", "lambda/functions");
      const names = list.status === 200 ? (list.body as { id: string }[]).map(({ id }) => id) : list.status;
      const expected = { listed: ["det", "det"], breaks: 500, "left out": ["det"] }[outcome];
      expect([what, names]).toEqual([what, expected]);
    }
    functions = { det: MODELS[0]?.[1] };
    expect((await lab.call("GET", "lambda/functions/det")).body).toMatchObject({
      kind: "detector",
      labels_v2: [{ name: "man", svg: "<circle/>", sublabels: [{ name: "head", type: "points", attributes: [] }, {}] }],
    });
    expect((await lab.call("GET", "lambda/functions/absent")).status).toBe(404);
    expect((await lab.call("GET", "lambda/functions", { key: null })).status).toBe(401);
  } finally {
    await lab.end();
    await closed(dashboard);
  }
  expect((await cvat.call("GET", "lambda/functions")).status).toBe(503);
});

behaves("8.1", async () => {
  expect(resultsOf(await cvat.call("GET", "users?username=alice"))).toMatchObject([
    { username: "alice", email: ALICE.email, groups: ["user"], is_active: true },
  ]);
  const lone = await startCvat();
  expect(resultsOf(await lone.call("GET", "users", { key: await lone.key(ALICE) }))).toMatchObject([
    { username: "alice" },
  ]);
  await lone.end();
  expect((await post("users", {})).status).toBe(405);
});

const hook = (changes: Record<string, unknown> = {}) => ({
  type: "organization",
  target_url: "https://ci.example.com/cvat",
  events: ["update:job", "create:task"],
  ...changes,
});

behaves("webhooks/models.py", async () => {
  await organization("hooked");
  const headers = { "X-Organization": "hooked" };
  for (const name of ["twice", "twice"])
    expect((await post("webhooks", hook({ description: name }), headers)).status).toBe(201);
  expect(resultsOf(await cvat.call("GET", "webhooks", { headers })).length).toBe(2);
  expect(await post("webhooks", hook())).toMatchObject({ status: 500, type: "text/html; charset=utf-8" });
  expect((await post("webhooks", hook({ type: "project" }), headers)).status).toBe(500);
  const [{ id } = { id: 0 }] = resultsOf(await cvat.call("GET", "organizations?slug=hooked"));
  await cvat.call("DELETE", `organizations/${String(id)}`);
  expect(resultsOf(await cvat.call("GET", "webhooks"))).toEqual([]);
});

behaves("webhooks/serializers.py", async () => {
  await organization("refusing");
  const headers = { "X-Organization": "refusing" };
  const refused = async (changes: Record<string, unknown>) => (await post("webhooks", hook(changes), headers)).body;
  const long = `https://ci.example.com/${"x".repeat(2048)}`;
  for (const target_url of ["gopher://ci.example.com", "http://receiver/hook", "http://a_b.example.com", long])
    expect(await refused({ target_url })).toEqual({ target_url: ["Enter a valid URL."] });
  for (const target_url of [
    "ftp://ci.example.com",
    "https://u:p@ci.example.com",
    "http://[::1]/x",
    " https://a.example ",
  ])
    expect(await refused({ target_url })).toMatchObject({ target_url: target_url.trim() });
  expect(await refused({ events: [] })).toEqual({ non_field_errors: ["Invalid events list for organization webhook"] });
  expect(await refused({ is_active: null })).toEqual({ is_active: ["This field may not be null."] });
  expect(await refused({ events: ["update:cat"] })).toEqual({ events: ['"update:cat" is not a valid choice.'] });
  expect(await refused({ events: "update:job" })).toEqual({
    events: ['Expected a list of items but got type "str".'],
  });
  expect(await refused({ events: undefined })).toEqual({ events: ["This field is required."] });
  expect(await refused({ type: "task" })).toEqual({ type: ['"task" is not a valid choice.'] });
  for (const [field, length] of Object.entries({ secret: 64, description: 128 }))
    expect(await refused({ [field]: "x".repeat(length + 1) })).toEqual({
      [field]: [`Ensure this field has no more than ${length} characters.`],
    });
  const made = await post("webhooks", hook({ secret: "hook-secret" }), headers);
  expect(made.body).toMatchObject({ events: ["create:task", "update:job"], enable_ssl: true, is_active: true });
  expect(made.body).not.toHaveProperty("secret");
  const patched = await cvat.call("PATCH", `webhooks/${idOf(made)}`, { body: { type: "project", description: "new" } });
  expect(patched).toMatchObject({ status: 200, body: { type: "organization", description: "new" } });
});

behaves("webhooks/rules/webhooks.rego", async () => {
  await organization("ruled");
  const headers = { "X-Organization": "ruled" };
  const invited = await post("invitations", { email: ALICE.email, role: "worker" }, headers);
  expect(invited.status).toBe(201);
  const key = await cvat.key(ALICE);
  const byAlice = () => cvat.call("POST", "webhooks", { key, headers, body: hook() });
  expect((await byAlice()).status).toBe(403);
  const id = idOf(await post("webhooks", hook(), headers));
  const change = () => cvat.call("PATCH", `webhooks/${id}`, { key, headers, body: { is_active: false } });
  expect((await change()).status).toBe(403);
  const [, member] = resultsOf(await cvat.call("GET", "memberships", { headers })).sort(
    (a, b) => Number(a["id"]) - Number(b["id"]),
  );
  await cvat.call("PATCH", `memberships/${String(member?.["id"])}`, { headers, body: { role: "maintainer" } });
  expect((await byAlice()).status).toBe(201);
  expect((await change()).status).toBe(200);
});

const asAlice = async (method: string, path: string, body: unknown, headers: Record<string, string> = {}) =>
  (await cvat.call(method, path, { key: await cvat.key(ALICE), body, headers })).status;
/** Has Alice be of this group of CVAT while `work` runs. */
async function aliceIs(group: string, work: () => Promise<void>): Promise<void> {
  const alice = cvat.store.state.users.find(({ username }) => username === ALICE.username);
  Object.assign(alice ?? {}, { groups: [group] });
  await work();
  Object.assign(alice ?? {}, { groups: ["user"] });
}
/** An organization with Alice in it, and the path of her membership. */
async function withAlice(slug: string, role: string) {
  await organization(slug);
  const headers = { "X-Organization": slug };
  expect((await post("invitations", { email: ALICE.email, role }, headers)).status).toBe(201);
  const [alice] = resultsOf(await cvat.call("GET", "memberships?user=alice", { headers }));
  return { headers, path: `memberships/${Number(alice?.["id"])}` };
}

behaves("rest_framework/fields.py", async () => {
  const made = await post("organizations", { slug: " trimmed ", name: " The lab\u2003", description: "\n for all \n" });
  expect(made.body).toMatchObject({ slug: "trimmed", name: "The lab", description: "for all" });
  const storage = await post("cloudstorages", storageBody({ display_name: " spaced ", description: " x " }));
  expect(storage.body).toMatchObject({ display_name: "spaced", description: "x" });
  const problem = async (path: string, body: unknown) => {
    const answer = await post(path, body);
    expect(answer.status).toBe(400);
    return answer.body;
  };
  expect(await problem("projects", { name: "  " })).toEqual({ name: ["This field may not be blank."] });
  expect(await problem("projects", { name: ["x"] })).toEqual({ name: ["Not a valid string."] });
  expect(await problem("organizations", { slug: "nulls", name: null })).toEqual({
    name: ["This field may not be null."],
  });
  expect(await problem("cloudstorages", storageBody({ display_name: "" }))).toBe(
    "display_name: This field may not be blank.\n",
  );
  expect(await problem("cloudstorages", storageBody({ description: null }))).toBe(
    "description: This field may not be null.\n",
  );
});

behaves("engine/serializers.py", async () => {
  cvat.s3.buckets["with.dot"] = [];
  const made = await post("cloudstorages", storageBody({ resource: "with.dot", display_name: "dot" }));
  expect(made.status).toBe(201);
  const path = `cloudstorages/${idOf(made)}`;
  const changed = (body: unknown) => cvat.call("PATCH", path, { body });
  expect(await changed({ resource: "with.dot" })).toMatchObject({
    status: 400,
    body: { resource: ["Invalid characters (.) were found."] },
  });
  expect((await changed({ resource: "with.dot", provider_type: "AWS_S3_BUCKET" })).status).toBe(200);
  const { specific_attributes } = storageBody();
  expect(await changed({ specific_attributes: `${specific_attributes}&prefix=%2Fa` })).toMatchObject({
    status: 400,
    body: ['Prefix cannot start with forward slash ("/").'],
  });
  const task = await newTask();
  expect(await requestOf(await dataOf(task, ["absent.jpg"]))).toMatchObject({
    message: expect.stringContaining("'absent.jpg' not found on the cloud storage 'datasets'") as string,
  });
});

behaves("engine/permissions.py", async () => {
  const project = idOf(await post("projects", { name: "before" }));
  const patch = (path: string, body: unknown) => cvat.call("PATCH", path, { body });
  expect(await patch(`projects/${project}`, { name: " after " })).toMatchObject({
    status: 200,
    body: { name: "after" },
  });
  const refused = { status: 403, body: { detail: "Attempted to update an unknown field" } };
  expect(await patch(`projects/${project}`, { status: "done" })).toMatchObject(refused);
  const task = idOf(await post("tasks", { name: "t", project_id: project, segment_size: 1 }));
  expect(await patch(`tasks/${task}`, { subset: "Train" })).toMatchObject({ status: 200, body: { subset: "Train" } });
  await dataOf(task, ["a/"]);
  const jobs = resultsOf(await cvat.call("GET", `jobs?task_id=${task}`));
  expect(jobs.map(({ stop_frame }) => stop_frame).sort()).toEqual([0, 1]);
  const job = `jobs/${Number(jobs[0]?.["id"])}`;
  expect(await patch(job, { assignee_id: 1 })).toMatchObject(refused);
  expect((await patch(job, { assignee: 9999 })).status).toBe(500);
  expect(await patch(job, { state: "completed", stage: "acceptance" })).toMatchObject({
    status: 200,
    body: { state: "completed", stage: "acceptance" },
  });
  expect((await cvat.call("GET", `tasks/${task}`)).body).toMatchObject({ jobs: { count: 2, completed: 1 } });
  expect((await patch(job, { stage: "validation" })).body).toMatchObject({ state: "new" });
});

behaves("engine/signals.py", async () => {
  const [alice] = resultsOf(await cvat.call("GET", "users?username=alice"));
  expect(alice).toMatchObject({ has_analytics_access: false });
  const path = `users/${Number(alice?.["id"])}`;
  const raised = await cvat.call("PATCH", path, { body: { is_superuser: true, is_staff: true } });
  expect(raised.body).toMatchObject({ has_analytics_access: true, groups: ["user", "admin"] });
  const demoted = { is_superuser: false, is_staff: false, groups: ["user"] };
  expect((await cvat.call("PATCH", path, { body: demoted })).body).toMatchObject({ has_analytics_access: true });
});

behaves("engine/rules/cloudstorages.rego", async () => {
  await aliceIs("worker", async () => {
    expect(await asAlice("POST", "cloudstorages", storageBody())).toBe(403);
  });
  expect(await asAlice("POST", "cloudstorages", storageBody())).toBe(201);
  const { headers, path } = await withAlice("storing", "supervisor");
  expect(await asAlice("POST", "cloudstorages", storageBody(), headers)).toBe(403);
  await cvat.call("PATCH", path, { headers, body: { role: "maintainer" } });
  expect(await asAlice("POST", "cloudstorages", storageBody(), headers)).toBe(201);
});

behaves("organizations/views.py", async () => {
  for (const name of ["", undefined])
    expect((await post("organizations", { slug: `named-${String(name).length}`, name })).body).toMatchObject({
      name: `named-${String(name).length}`,
    });
});

behaves("organizations/rules/organizations.rego", async () => {
  await aliceIs("worker", async () => {
    expect(await asAlice("POST", "organizations", { slug: "workers" })).toBe(403);
  });
  expect(await asAlice("POST", "organizations", { slug: "users" })).toBe(201);
});

behaves("organizations/rules/invitations.rego", async () => {
  const invite = (role: string) => ({ email: ADMIN.email, role });
  const { headers, path } = await withAlice("inviting", "worker");
  const [admin] = resultsOf(await cvat.call("GET", "memberships?user=admin", { headers }));
  cvat.store.state.memberships = cvat.store.state.memberships.filter(({ id }) => id !== admin?.["id"]);
  expect(await asAlice("POST", "invitations", invite("worker"), headers)).toBe(403);
  await cvat.call("PATCH", path, { headers, body: { role: "maintainer" } });
  expect(await asAlice("POST", "invitations", invite("maintainer"), headers)).toBe(403);
  expect(await asAlice("POST", "invitations", invite("supervisor"), headers)).toBe(201);
  expect(await asAlice("POST", "invitations", invite("worker"))).toBe(403);
  await organization("owners");
  expect(
    (await post("invitations", { email: ALICE.email, role: "owner" }, { "X-Organization": "owners" })).status,
  ).toBe(201);
});

behaves("organizations/rules/memberships.rego", async () => {
  const { headers, path } = await withAlice("ruling", "worker");
  expect(await asAlice("PATCH", path, { role: "maintainer" }, headers)).toBe(403);
  expect((await cvat.call("PATCH", path, { headers, body: { is_active: false } })).status).toBe(403);
  await cvat.call("PATCH", path, { headers, body: { role: "owner" } });
  // Two owners: one of them cannot throw himself out, a superuser can.
  expect(await asAlice("DELETE", path, undefined, headers)).toBe(403);
  expect((await cvat.call("DELETE", path, { headers })).status).toBe(204);
  const other = await withAlice("leaving", "worker");
  expect(await asAlice("DELETE", other.path, undefined, other.headers)).toBe(204);
});

behaves("iam/serializers.py", async () => {
  const signIn = (body: unknown) => cvat.call("POST", "auth/login", { key: null, body });
  expect((await signIn({ username: "ALICE", password: ALICE.password })).status).toBe(200);
  const blank = { ...ALICE, username: "blank", email: "blank@example.test", password: "ends with one " };
  applyUsers(cvat.store, [{ ...ADMIN }, { ...ALICE }, blank]);
  expect((await signIn(blank)).status).toBe(500);
  const Authorization = `Basic ${btoa(`${blank.username}:${blank.password}`)}`;
  expect((await cvat.call("GET", "users/self", { key: null, headers: { Authorization } })).status).toBe(200);
});

it("tests every behaviour of its table", () => {
  expect(Object.keys(BEHAVIOURS).filter((source) => !tested.has(source))).toEqual([]);
});
