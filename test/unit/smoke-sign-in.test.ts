import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { silentProgress } from "../../automation/progress.ts";
import type { StepName } from "../../automation/smoke/names.ts";
import { ownName } from "../../automation/smoke/own-projects.ts";
import type { Outcome } from "../../automation/smoke/report.ts";
import { tryOut } from "../../automation/smoke/run.ts";
import type { Trial } from "../../automation/smoke/step.ts";
import { chosenSteps } from "../../automation/smoke/steps.ts";
import { CvatClient } from "../../components/cvat/client/client.ts";
import type { SsoConfig } from "../../components/sso/sso-config.ts";
import { startEdge, type EdgeWorld } from "../fixtures/cvat/edge.ts";
import { ADMIN, startCvat, type TestCvat } from "../fixtures/cvat/stand-in.ts";

const SSO = { issuer: "https://auth.example.com", passwordLogin: false, refresh: "60s", tokenLifetime: "5m" };

let cvat: TestCvat;
beforeAll(async () => (cvat = await startCvat()));
afterAll(() => cvat.end());

interface World extends EdgeWorld {
  sso?: Partial<SsoConfig> | object;
  /** CVAT is reached by a port-forward, past its edge. */
  past?: true;
}

/** What the steps came to, on a lab whose superuser alone signs in by a password. */
async function smoked({ sso, past, ...world }: World, only?: StepName[]): Promise<Outcome[]> {
  const edge = await startEdge(cvat.url, { seconds: 300, ...world });
  const endpoint = past ? cvat.url : edge.url;
  const cvatOf: Trial["lab"]["cvatOf"] = (username, { signal, accessToken } = {}) =>
    Promise.resolve(
      new CvatClient({ endpoint, username, password: ADMIN.password }, { accessToken, ...(signal && { signal }) }),
    );
  const section = {
    ...{ superuser: { username: "admin" }, users: [], namespace: "cvat" },
    ...{ analytics: { enabled: false, clickhouse: {} }, postgresql: {}, kvrocks: {} },
  };
  const trial: Trial = {
    lab: {
      plan: { lab: { cvat: section, sso: { ...SSO, ...sso } } } as unknown as Trial["lab"]["plan"],
      ...{ cvatOf, cvat: (options) => cvatOf("admin", options) },
      organization: () => Promise.resolve(""),
      urlOfCvat: () => Promise.resolve(edge.url),
    },
    edge: { url: edge.url, open: `${edge.url}/api/server/about`, header: "X-Sso-Token", refusesSlashes: true },
    ...{ name: ownName(), made: {}, everyMs: 10 },
  };
  const running = { progress: silentProgress, signal: new AbortController().signal, left: () => undefined };
  try {
    return await tryOut(trial, chosenSteps(only), running);
  } finally {
    await edge.end();
  }
}

const said = (outcomes: readonly Outcome[], name: string) => outcomes.find(({ step }) => step === name);
const working = () => cvat.store.state.accessTokens.filter(({ revoked }) => !revoked);

describe("smoke where people sign in by an issuer", () => {
  it("goes through the edge by an access token, and takes it back with all else", async () => {
    const outcomes = await smoked({});
    expect(outcomes.filter(({ is }) => is === "failed")).toEqual([]);
    expect(outcomes.filter(({ is }) => is === "left out").map(({ step }) => step)).toEqual(["event"]);
    expect(said(outcomes, "edge")?.said).toMatch(/asks for a session, and X-Sso-Token comes from nobody but/);
    expect(said(outcomes, "token-lifetime")?.said).toBe(
      "tokens of https://auth.example.com are good for 5 min, and are renewed after 60s",
    );
    expect(said(outcomes, "access-token")?.said).toMatch(/^number \d+, by which the rest of this run goes$/);
    expect(said(outcomes, "remove")?.said).toMatch(/^project, task, picture and annotation; access token \d+$/);
    expect(working()).toEqual([]);
    expect(cvat.store.state.projects).toEqual([]);
    // A run that is killed leaves it for an hour at most.
    const [token] = cvat.store.state.accessTokens.slice(-1);
    expect(Date.parse(token?.expiry_date ?? "") - Date.now()).toBeLessThan(3_600_000);
  });

  it("takes the access token back where the project stays, and says that both may be left", async () => {
    await cvat.order({ faults: [{ call: "DELETE projects/*", kind: "500", times: 10 }] });
    const removal = said(await smoked({}, ["access-token", "task"]), "remove");
    await cvat.order({});
    expect(removal?.is).toBe("failed");
    expect(removal?.cure).toMatch(
      /^Project smoke test of .* may be left: .* So may access token \d+, which ends within/,
    );
    expect(working()).toEqual([]);
    cvat.store.state.projects = [];
  });

  it.each<[string, StepName, World, RegExp]>([
    ["pages are open", "edge", { open: true }, /\/ answers 200 to who has no session/],
    ["a forged header comes through", "edge", { lets: "X_Sso-Token" }, /lets X_Sso-Token through to CVAT/],
    ["no program comes in by a token", "access-token", { refusesTokens: true }, /GET \/api\/users\/self/],
    [
      "tokens live longer than is said",
      "token-lifetime",
      { seconds: 3600 },
      /^Tokens of https:\/\/auth\.example\.com are good for 60 min, and vision-platform:sso\.tokenLifetime says 5m: /,
    ],
    [
      "tokens end before they are renewed",
      "token-lifetime",
      { seconds: 50, sso: { tokenLifetime: "50s" } },
      /^Tokens of \S+ are good for 50\.0 s, and vision-platform:sso\.refresh is 60s: everybody is signed out by then\. /,
    ],
    [
      "a realm's tokens end before they are renewed, whatever tokenLifetime says",
      "token-lifetime",
      { seconds: 60, sso: { keycloak: {} } },
      /sso\.refresh is 60s: [^]*longer\.$/,
    ],
    ["the server has the sign-in of before", "token-lifetime", { seconds: undefined }, /npm run platform -- up$/],
  ])("names the step that fails where %s: %s", async (_, step, world, message) => {
    const outcomes = await smoked(world, [step]);
    const failed = outcomes.filter(({ is }) => is === "failed");
    expect(failed.map((one) => one.step)).toEqual([step]);
    expect(failed[0]?.said).toMatch(message);
    expect(failed[0]?.cure).toMatch(/docs\/sign-in\.md/);
    expect(working()).toEqual([]);
  });

  it("compares nothing with tokenLifetime where `up` asks the realm itself", async () => {
    const outcomes = await smoked({ seconds: 600, sso: { keycloak: {} } }, ["token-lifetime"]);
    expect(said(outcomes, "token-lifetime")).toMatchObject({ is: "well" });
  });

  it("says what it could not compare, and that it came past the edge", async () => {
    const outcomes = await smoked({ seconds: null, past: true }, ["edge"]);
    expect(said(outcomes, "edge")).toMatchObject({ is: "left out" });
    expect(said(outcomes, "edge")?.said).toMatch(/CVAT is tried past its edge, by a port-forward$/);
    const [, seen] = await smoked({ seconds: null }, ["token-lifetime"]);
    expect(seen).toMatchObject({ is: "left out" });
    expect(seen?.said).toMatch(/^nobody has signed in by https:\/\/auth\.example\.com within the hour: /);
  });
});
