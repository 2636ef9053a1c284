import { readdirSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { cvatConfig } from "../../components/cvat/cvat-section.ts";
import { registrationClosed } from "../../components/cvat/fixes/registration.ts";
import { REGISTRATION_CLOSED, settingsFiles, settingsStamp } from "../../components/cvat/registration/settings.ts";
import type { RenderedObject } from "../../components/kubernetes/rendered-object.ts";
import { ssoNeedsOfCvat } from "../../components/sso/rules.ts";
import { signInServer, signInSettings } from "../../components/sso/sign-in-settings.ts";
import { ssoConfig } from "../../components/sso/sso-section.ts";

const ROOT = path.resolve(import.meta.dirname, "../..");
const PACKAGE = "/home/django/vision_platform_sso";

const cvat = cvatConfig.parse({
  superuser: { username: "boss" },
  users: [{ username: "eva" }, { username: "Otto", program: true }],
  ingress: { host: "cvat.example.com", tls: { secretName: "cvat-tls" } },
});
const STACK = {
  issuer: "https://auth.example.com/realms/lab",
  allowedGroups: ["/annotators"],
  groups: { "/annotators": { organizations: { lab: "worker" } } },
};
const sso = (over: object = {}) => ssoConfig.parse({ ...STACK, ...over });

describe("what CVAT's server knows of sign-in", () => {
  it("is what the stack file says, with what follows from it", () => {
    expect(signInSettings(sso(), cvat)).toEqual({
      issuer: "https://auth.example.com/realms/lab",
      issuerForPods: "https://auth.example.com/realms/lab",
      issuerCa: "",
      provider: "keycloak",
      clientId: "cvat",
      header: "X-Sso-Token",
      groupsClaim: "groups",
      allowedGroups: ["/annotators"],
      groups: { "/annotators": { superuser: false, organizations: { lab: "worker" } } },
      createUsers: true,
      linkByEmail: false,
      reservedNames: ["boss", "eva", "Otto"],
      emergencyAccount: "boss",
      programAccounts: ["Otto"],
      passwordLogin: false,
      origins: ["https://cvat.example.com"],
      signOut: "/oauth2/sign_out",
      tokenLifetimeSeconds: 300,
      unseenSeconds: 14 * 24 * 3600,
      backchannelLogout: false,
    });
  });

  it.each<[string, object, object]>([
    [
      "an issuer that pods call otherwise",
      { internalIssuer: "http://keycloak.auth.svc:8080" },
      { issuer: STACK.issuer, issuerForPods: "http://keycloak.auth.svc:8080/realms/lab" },
    ],
    ["another issuer than Keycloak", { issuer: "https://id.example.com" }, { provider: "oidc" }],
    ["who does not come any more and keeps all", { users: { unseen: "never" } }, { unseenSeconds: 0 }],
    ["a token's life", { tokenLifetime: "2m", refresh: "30s" }, { tokenLifetimeSeconds: 120 }],
    ["nobody new", { users: { create: false, linkByEmail: true } }, { createUsers: false, linkByEmail: true }],
  ])("has %s", (_, over, expected) => expect(signInSettings(sso(over), cvat)).toMatchObject(expected));

  it("has nothing that is secret", () => {
    const secret = "a secret that stands nowhere";
    const settings = signInServer(sso({ secrets: { client: secret } }), cvat);
    expect(JSON.stringify(settings)).not.toContain(secret);
  });
});

describe("the files of sign-in in CVAT's server", () => {
  const server = signInServer(sso(), cvat);
  const files = Object.keys(settingsFiles(server));

  it("are all that lie in the folder, what they share with the Job of users, and the settings that close registration", () => {
    const own = readdirSync(path.join(ROOT, "components/sso/django")).filter((file) => file.endsWith(".py"));
    const expected = [...own, "credentials.py", "roles.py", "sign-in.json", "vision_platform.py"];
    expect(files.sort()).toEqual(expected.sort());
    // Keys of one ConfigMap: none hides another.
    expect(own).not.toContain("vision_platform.py");
  });

  it("fit into a ConfigMap", () => {
    expect(JSON.stringify(settingsFiles(server)).length).toBeLessThan(200_000);
  });

  it("are mounted as a package beside CVAT's own, and its settings are what Django starts with", () => {
    const object = deployment();
    const fix = registrationClosed(server);
    expect(fix.matches(object) && fix.stillNeeded(object)).toBe(true);
    fix.apply(object);
    expect(fix.stillNeeded(object)).toBe(false);
    const items = Object.keys(server.package?.files ?? {}).map((key) => ({ key, path: key }));
    const one = { name: "vision-platform-settings", readOnly: true };
    expect(object.spec).toEqual({
      template: {
        metadata: { annotations: { "vision-platform/settings": settingsStamp(server) } },
        spec: {
          containers: [
            {
              name: "cvat-backend",
              env: [{ name: "DJANGO_SETTINGS_MODULE", value: "vision_platform_sso.settings" }],
              volumeMounts: [
                { ...one, mountPath: "/home/django/cvat/settings/vision_platform.py", subPath: "vision_platform.py" },
                { name: "vision-platform-package", mountPath: PACKAGE, readOnly: true },
              ],
            },
          ],
          volumes: [
            { name: one.name, configMap: { name: "cvat-settings" } },
            { name: "vision-platform-package", configMap: { name: "cvat-settings", items } },
          ],
        },
      },
    });
  });

  it("roll the server when one of them changes, and not when none does", () => {
    expect(settingsStamp(signInServer(sso(), cvat))).toBe(settingsStamp(server));
    expect(settingsStamp(signInServer(sso({ users: { create: false } }), cvat))).not.toBe(settingsStamp(server));
    expect(settingsStamp(REGISTRATION_CLOSED)).not.toBe(settingsStamp(server));
  });
});

it("a stack that signs people in by an issuer does not leave registration open beside it", () => {
  const whole = { ...cvat, organizations: cvatConfig.parse({ organizations: [{ slug: "lab" }] }).organizations };
  const problems = (registration: "open" | "closed") => ssoNeedsOfCvat(sso(), { ...whole, registration });
  expect(problems("closed")).toEqual([]);
  expect(problems("open").map(({ path: at }) => at)).toEqual(["vision-platform:cvat.registration"]);
});

function deployment(): RenderedObject {
  const containers = [{ name: "cvat-backend" }];
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "cvat-backend-server" },
    spec: { template: { spec: { containers } } },
  };
}
