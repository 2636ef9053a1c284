import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";
import { configOfSso } from "../fixtures/inputs/sso.ts";
import type { Mirror } from "../../components/images/mirror.ts";
import { Sso } from "../../components/sso/sso.ts";
import { recordRegistrations, settled } from "./registrations.ts";

const CANARY = "canary-client-secret-91c4";
const SECRET_MARK = "4dabf18193072939515e22adb298388d";
const registered = recordRegistrations();

const inputsOf = (name: string) => registered.find((one) => one.name === name)?.inputs ?? expect.fail(`no ${name}`);

/** Registers sign-in as a stack with these keys has it. */
async function up(sso: Record<string, unknown> = {}, clientSecret = CANARY, mirror?: Mirror) {
  registered.length = 0;
  const cluster = { provider: new k8s.Provider("cluster", { kubeconfig: "{}" }), access: {}, readyTimeoutMs: 1000 };
  const made = new Sso("sso", {
    config: configOfSso(sso),
    host: "cvat.example.com",
    namespace: pulumi.output("cvat"),
    cluster,
    clientSecret: pulumi.secret(clientSecret),
    mirror,
  });
  await settled(registered);
  return made;
}

interface Pods {
  metadata: { annotations: Record<string, string> };
  spec: {
    template: {
      metadata: { labels: Record<string, string>; annotations: Record<string, string> };
      spec: { automountServiceAccountToken: boolean; securityContext: object; containers: Record<string, unknown>[] };
    };
  };
}

const podsOf = (part: "proxy" | "sessions") => inputsOf(`sso-${part}`) as unknown as Pods;
const stampsOf = (part: "proxy" | "sessions") => podsOf(part).spec.template.metadata.annotations;

describe("Sso", () => {
  it("registers a proxy and its sessions, each with its configuration, its Service and a wait, and one Secret", async () => {
    const { signOutPath } = await up();
    const own = registered
      .filter(({ type }) => !/provider|:Sso$/.test(type))
      .map(({ type, name }) => `${type} ${name}`);
    expect(own.sort()).toEqual([
      "kubernetes:apps/v1:Deployment sso-proxy",
      "kubernetes:apps/v1:Deployment sso-sessions",
      "kubernetes:core/v1:ConfigMap sso-proxy-files",
      "kubernetes:core/v1:ConfigMap sso-sessions-files",
      "kubernetes:core/v1:Secret sso-secret",
      "kubernetes:core/v1:Service sso-proxy-service",
      "kubernetes:core/v1:Service sso-sessions-service",
      "vision-platform:readiness:Gate sso-proxy-ready",
      "vision-platform:readiness:Gate sso-sessions-ready",
      "vision-platform:secrets:GeneratedText sso-cookie-secret",
      "vision-platform:secrets:GeneratedText sso-nonce",
      "vision-platform:secrets:GeneratedText sso-sessions-password",
    ]);
    expect(signOutPath).toBe("/oauth2/sign_out?rd=%2F");
  });

  it("has each object just as it is here", async () => {
    await up();
    const objects = registered
      .filter(({ type }) => type.startsWith("kubernetes:"))
      .sort((one, other) => one.name.localeCompare(other.name))
      .map(({ type, name, inputs }) => ({ type, name, inputs }));
    const text = JSON.stringify(objects, null, 2).replaceAll(SECRET_MARK, "SECRET");
    await expect(`${text}\n`).toMatchFileSnapshot("../fixtures/sso/objects.json");
  });

  it("makes pods that meet level restricted, with a disk they cannot write and no token of the API server", async () => {
    await up();
    for (const part of ["proxy", "sessions"] as const) {
      const { spec } = podsOf(part).spec.template;
      expect(spec.automountServiceAccountToken).toBe(false);
      expect(spec.securityContext).toMatchObject({ runAsNonRoot: true });
      for (const { securityContext, livenessProbe, readinessProbe, resources } of spec.containers) {
        expect(securityContext).toEqual({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ["ALL"] },
          seccompProfile: { type: "RuntimeDefault" },
        });
        expect([livenessProbe, readinessProbe, resources]).not.toContain(undefined);
      }
    }
  });

  it("takes its images from the lab's registry, where there is one", async () => {
    const mirror = { place: "registry.example/library", pullSecret: "pull", credentials: undefined, kept: [] };
    await up({}, CANARY, mirror);
    const imagesOf = (part: "proxy" | "sessions") => {
      const { spec } = podsOf(part).spec.template;
      return [spec.containers.map(({ image }) => image), (spec as { imagePullSecrets?: unknown }).imagePullSecrets];
    };
    expect(imagesOf("proxy")).toEqual([
      ["registry.example/library/oauth2-proxy/oauth2-proxy:v7.15.6"],
      [{ name: "pull" }],
    ]);
    expect(imagesOf("sessions")).toEqual([
      ["registry.example/library/library/redis:7.2.11-alpine"],
      [{ name: "pull" }],
    ]);
  });

  it("has what is secret in one Secret and nowhere else", async () => {
    await up();
    const secrets = [CANARY, "<sso-cookie-secret>", "<sso-sessions-password>", "<sso-nonce>"];
    for (const { type, name, inputs } of registered) {
      const text = JSON.stringify(inputs);
      const found = secrets.filter((secret) => text.includes(secret));
      expect([name, found]).toEqual([name, name === "sso-secret" ? secrets.slice(0, 3) : []]);
      if (name === "sso-secret") expect(JSON.stringify(inputs["stringData"])).toContain(SECRET_MARK);
      if (type.endsWith(":Gate")) expect(JSON.stringify(inputs["rendered"])).toContain(SECRET_MARK);
    }
  });

  it("starts the proxy anew with another client's secret, and its sessions not", async () => {
    await up();
    const before = { proxy: stampsOf("proxy"), sessions: stampsOf("sessions") };
    await up({}, "another-client-secret");
    expect(stampsOf("proxy")["vision-platform/secrets"]).not.toBe(before.proxy["vision-platform/secrets"]);
    expect(stampsOf("proxy")["vision-platform/configuration"]).toBe(before.proxy["vision-platform/configuration"]);
    expect(stampsOf("sessions")).toEqual(before.sessions);
  });

  it("starts anew what has another configuration", async () => {
    await up();
    const before = { proxy: stampsOf("proxy"), sessions: stampsOf("sessions") };
    await up({ sessions: { memory: "128Mi" } });
    expect(stampsOf("proxy")).toEqual(before.proxy);
    expect(stampsOf("sessions")).not.toEqual(before.sessions);
    await up({ refresh: "30s" });
    expect(stampsOf("proxy")).not.toEqual(before.proxy);
    expect(stampsOf("sessions")).toEqual(before.sessions);
  });

  it("makes its own secrets anew when that is counted up", async () => {
    const rotations = () =>
      Object.fromEntries(
        ["cookie-secret", "sessions-password", "nonce"].map((what) => [what, inputsOf(`sso-${what}`)["rotation"]]),
      );
    await up();
    expect(rotations()).toEqual({ "cookie-secret": 0, "sessions-password": 0, nonce: 0 });
    await up({ rotation: 2 });
    expect(rotations()).toEqual({ "cookie-secret": 2, "sessions-password": 2, nonce: 0 });
  });
});
