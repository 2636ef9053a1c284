import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from "vitest";
import { hashed } from "../../automation/rehearsal/services/cvat/auth.ts";
import { kind, type AccessTokenInputs, type AccessTokenOuts } from "../../components/cvat/records/access-token.ts";
import { ADMIN, ALICE, startCvat, type TestCvat } from "../fixtures/cvat/stand-in.ts";
import { newRun, within } from "./run.ts";

const DAY = 86_400_000;

let cvat: TestCvat;
/** In a run of its own for each test. */
let token: ReturnType<typeof inRun>;
const inRun = () => within(newRun(), kind);

beforeAll(async () => {
  cvat = await startCvat();
});
afterAll(() => cvat.end());
beforeEach(() => {
  token = inRun();
  cvat.store.state.accessTokens = [];
  for (const user of cvat.store.state.users) user.is_active = true;
});
afterEach(async () => {
  vi.useRealTimers();
  await cvat.order({});
});

const as = ({ username, password }: { username: string; password: string }) => ({
  ...{ endpoint: cvat.url, username, password },
  ...{ callMs: 500, patienceMs: 1000 },
});
const inputs = (changes: Partial<AccessTokenInputs> = {}): AccessTokenInputs => ({
  connection: as(ALICE),
  administrator: as(ADMIN),
  ...{ name: "of a program", readOnly: true, days: 90, renewBefore: 30, rotation: 0 },
  ...changes,
});
const there = () => cvat.store.state.accessTokens.filter(({ revoked }) => !revoked);
const alice = () => cvat.store.state.users.find(({ username }) => username === ALICE.username);
/** What CVAT answers to who shows it. */
const statusOf = async ({ value }: Pick<AccessTokenOuts, "value">) => {
  const headers = { Authorization: `Bearer ${value}` };
  return (await cvat.call("GET", "users/self", { key: null, headers })).status;
};
const later = (days: number) => vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + days * DAY });
const byHand = (path: string, body: object) => cvat.call("PATCH", path, { body });

it("is made of its owner, reads alone, ends, and is taken back", async () => {
  const { id, outs } = await token.create(inputs());
  expect(id).toBe("alice/of a program");
  expect(there()).toMatchObject([{ id: outs.tokenId, owner: alice()?.id, name: "of a program", read_only: true }]);
  expect(Date.parse(outs.expires) - Date.now()).toBeGreaterThan(89.9 * DAY);
  expect(await statusOf(outs)).toBe(200);
  expect(await token.read(id, outs)).toEqual({ id, outs });
  expect(await token.diff(outs, inputs())).toEqual({ changed: [] });
  await token.delete(id, outs);
  expect(await statusOf(outs)).toBe(401);
  await token.delete(id, outs);
});

it("is another one when it was taken back in CVAT, or is over, which plain up sees", async () => {
  const { id, outs } = await token.create(inputs());
  await cvat.call("DELETE", `auth/access_tokens/${outs.tokenId}`);
  expect(await token.diff(outs, inputs())).toEqual({ changed: ["value"], replaces: ["value"] });
  expect(await token.read(id, outs)).toBeUndefined();
  const again = await token.create(inputs());
  expect(await statusOf(again.outs)).toBe(200);
  later(91);
  expect(await token.diff(again.outs, inputs())).toEqual({ changed: ["value"], replaces: ["value"] });
  // Also where nobody can be asked.
  const elsewhere = { ...again.outs, connection: { ...again.outs.connection, endpoint: "http://127.0.0.1:1" } };
  expect(await token.diff(elsewhere, inputs({ connection: elsewhere.connection }))).toMatchObject({
    replaces: ["value"],
  });
});

it("is renewed before its end with the value that it has", async () => {
  const { id, outs } = await token.create(inputs());
  later(59);
  expect(await token.diff(outs, inputs())).toEqual({ changed: [] });
  later(2);
  expect(await token.diff(outs, inputs())).toEqual({ changed: ["expires"] });
  const renewed = await token.update(id, outs, inputs());
  expect(renewed).toMatchObject({ tokenId: outs.tokenId, value: outs.value });
  expect(Date.parse(renewed.expires) - Date.parse(outs.expires)).toBeGreaterThan(60 * DAY);
  expect(await token.diff(renewed, inputs())).toEqual({ changed: [] });
  later(40);
  expect(await statusOf(renewed)).toBe(200);
});

it.each<[string, object, string]>([
  ["may write", { read_only: false }, "readOnly"],
  ["never ends", { expiry_date: null }, "expires"],
  ["ends later", { expiry_date: "2099-01-01" }, "expires"],
  ["is called otherwise", { name: "mine" }, "name"],
])("is put back when somebody has changed it in CVAT so that it %s", async (_, body, key) => {
  const { id, outs } = await token.create(inputs());
  await byHand(`auth/access_tokens/${outs.tokenId}`, body);
  expect(await token.diff(outs, inputs())).toEqual({ changed: ["expires"] });
  const seen = (await token.read(id, outs))?.outs;
  // What `drift` tells: an input, or what is named for one that is none.
  expect({ ...seen, ...Object.fromEntries((seen?.drift ?? []).map((one) => [one, "departed"])) }).not.toMatchObject({
    [key]: (outs as unknown as Record<string, unknown>)[key],
  });
  expect((await token.diff(seen ?? outs, inputs())).changed).not.toEqual([]);
  const back = await token.update(id, seen ?? outs, inputs());
  expect(there()).toMatchObject([{ name: "of a program", read_only: true }]);
  expect(Date.parse(there()[0]?.expiry_date ?? "")).toBe(Date.parse(back.expires));
  expect(await token.diff(back, inputs())).toEqual({ changed: [] });
});

it("is another one when it is rotated, of somebody else, or its owner has another password, which ends his tokens", async () => {
  const { id, outs } = await token.create(inputs());
  expect(await token.diff(outs, inputs({ rotation: 1 }))).toMatchObject({ replaces: ["rotation"] });
  expect(await token.diff(outs, inputs({ connection: as(ADMIN) }))).toMatchObject({ replaces: ["connection"] });
  const renewed = { ...as(ALICE), password: "another-password" };
  expect(await token.diff(outs, inputs({ connection: renewed }))).toMatchObject({ replaces: ["connection"] });
  // The one that goes last is there until all have the new one.
  const { outs: next } = await token.create(inputs({ rotation: 1 }));
  expect([await statusOf(outs), await statusOf(next)]).toEqual([200, 200]);
  await token.delete(id, outs);
  expect([await statusOf(outs), await statusOf(next)]).toEqual([401, 200]);
});

it("is no second one after a run that died: what that made is nobody's", async () => {
  const { outs: lost } = await token.create(inputs());
  const { outs } = await inRun().create(inputs());
  expect(there()).toMatchObject([{ id: outs.tokenId }]);
  expect(await statusOf(lost)).toBe(401);
});

it.each([
  ["of the same name and owner", { owner: ALICE, name: "of a program" }],
  ["of somebody else, which a superuser is shown", { owner: ADMIN, name: "of a person" }],
])("is another one where its number is that of a token %s, in a database put back", async (_, other) => {
  const owner = cvat.store.state.users.find(({ username }) => username === other.owner.username);
  const mine = inputs({ connection: as(ADMIN) });
  const { id, outs } = await token.create(other.owner === ADMIN ? mine : inputs());
  const wanted = other.owner === ADMIN ? mine : inputs();
  const [made] = there();
  if (!made || !owner) throw new Error("there is one");
  const theirs = { ...made, owner: owner.id, name: other.name, value: "0000.1111" };
  Object.assign(theirs, { created_date: "2026-01-01T00:00:00.123000Z", expiry_date: "2099-01-01T00:00:00Z" });
  cvat.store.state.accessTokens = [structuredClone(theirs)];
  expect(await token.diff(outs, wanted)).toEqual({ changed: ["value"], replaces: ["value"] });
  expect(await token.read(id, outs)).toBeUndefined();
  await token.delete(id, outs);
  expect(there()).toEqual([theirs]);
  const updated = await token.update(id, outs, wanted);
  expect(updated.value).not.toBe(outs.value);
  expect(there()[0]).toEqual(theirs);
});

it("is taken back when the answer to its making was lost", async () => {
  await cvat.order({ faults: [{ call: "POST auth/access_tokens", kind: "drop-after" }] });
  await expect(token.create(inputs())).rejects.toThrow(/access_tokens/);
  expect(there()).toEqual([]);
});

it("is taken back by the superuser where its owner may not sign in any more", async () => {
  const { id, outs } = await token.create(inputs());
  const owner = alice();
  if (!owner) throw new Error("there is alice");
  Object.assign(owner, { is_active: false });
  await token.delete(id, outs);
  expect(there()).toEqual([]);
  Object.assign(owner, { is_active: true });
  expect(await statusOf(outs)).toBe(401);
});

it("is not said to be taken back where CVAT does not answer: it is told until when it is good", async () => {
  const { id, outs } = await token.create(inputs());
  const gone = { ...outs, connection: { ...outs.connection, endpoint: "http://127.0.0.1:1", patienceMs: 1 } };
  await expect(token.delete(id, gone)).rejects.toThrow(
    `CVAT's token ${outs.tokenId} of alice ("of a program") was not revoked, and is good until ${outs.expires}`,
  );
});

it("is left alone when it cannot be looked at, and nothing waits for long", async () => {
  const said: string[] = [];
  const { outs } = await token.create(inputs());
  const gone = { ...outs.connection, endpoint: "http://127.0.0.1:1" };
  const looking = within(newRun({ say: (line) => said.push(line) }), kind);
  const begun = Date.now();
  expect(await looking.diff({ ...outs, connection: gone }, inputs({ connection: gone }))).toEqual({ changed: [] });
  expect(Date.now() - begun).toBeLessThan(4_000);
  expect(said.join()).toMatch(/^Not known whether CVAT still has the token of a program: /);
});

it("says no secret", async () => {
  const { outs } = await token.create(inputs());
  const owner = alice();
  if (!owner) throw new Error("there is alice");
  owner.password = hashed("somebody-changed-it");
  owner.token = null;
  const error = await inRun()
    .create(inputs())
    .then(String, (one: unknown) => String(one));
  expect(error).toMatch(/refuses the password of its user alice/);
  for (const secret of [ALICE.password, ADMIN.password, outs.value]) expect(error).not.toContain(secret);
  owner.password = hashed(ALICE.password);
});
