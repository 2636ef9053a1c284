import { describe, expect, it } from "vitest";
import { isInRegistry } from "../../automation/charts/registry.ts";
import { copiesOf } from "../../automation/images/copies.ts";
import { keptThere } from "../../automation/images/kept-there.ts";
import { loginIn } from "../../automation/images/login.ts";
import type { StackFile } from "../../automation/stackfile/stack-file.ts";
import { fromMirror, imagesIn } from "../../components/charts/from-mirror.ts";
import type { PodSpec } from "../../components/charts/pods.ts";
import { mirrored, nameOf } from "../../components/images/mirror.ts";
import type { RenderedObject } from "../../components/kubernetes/rendered-object.ts";
import { mirrorOf } from "../../components/lab/mirror.ts";
import { parseLab } from "../../components/lab/parse.ts";
import { PROXY_IMAGE } from "../../components/sso/images.ts";
import { Sealed } from "../../components/schema/values.ts";
import { HASTE, serve } from "./charts-fixtures.ts";

const DIGEST = `sha256:${"a".repeat(64)}`;
const PLACE = "registry.example/library";
const mirror = { place: PLACE, pullSecret: "pulls", credentials: undefined, kept: ["cvat/server"] };

const lab = (sections: Record<string, unknown>) => {
  const parsed = parseLab(sections);
  if (parsed.lab === undefined) throw new Error(JSON.stringify(parsed.problems));
  return parsed.lab;
};

describe("an image from the mirror", () => {
  it.each([
    ["busybox:1.36.1", "busybox:1.36.1"],
    ["docker.io/bitnamilegacy/redis:7.0.9-debian-11-r1", "bitnamilegacy/redis:7.0.9-debian-11-r1"],
    ["public.ecr.aws/docker/library/redis:7.2.11", "docker/library/redis:7.2.11"],
    [`quay.io/nuclio/dashboard:1.15.9-amd64@${DIGEST}`, `nuclio/dashboard:1.15.9-amd64@${DIGEST}`],
    [`registry:5000/a@${DIGEST}`, `a@${DIGEST}`],
  ])("%s keeps its path, tag and digest", (image, below) => {
    expect(mirrored(image, mirror)).toBe(`${PLACE}/${below}`);
  });

  it("is left where the stack file names it, where it lies there already, and where it is none", () => {
    for (const image of ["cvat/server:v2.60.0", `${PLACE}/busybox:1`, "not an image"])
      expect(mirrored(image, mirror)).toBe(image);
  });
});

describe("a rendered object", () => {
  const deployment = (spec: PodSpec) =>
    ({ kind: "Deployment", metadata: { name: "a" }, spec: { template: { spec } } }) as unknown as RenderedObject;

  it("takes all its images from there, those in variables too, and its pod pulls by the Secret once", () => {
    const spec: PodSpec = {
      imagePullSecrets: [{ name: "theirs" }],
      initContainers: [{ name: "i", image: "busybox:1.36.1" }],
      containers: [
        {
          name: "c",
          image: "quay.io/nuclio/dashboard:1",
          env: [
            { name: "KANIKO_CONTAINER_IMAGE", value: "gcr.io/kaniko-project/executor:v1.9.0" },
            { name: "KANIKO_CONTAINER_IMAGE_PULL_POLICY", value: "IfNotPresent" },
          ],
        },
      ],
    };
    const object = deployment(spec);
    fromMirror(object, mirror);
    fromMirror(object, mirror);
    expect(imagesIn(object)).toEqual(
      ["busybox:1.36.1", "nuclio/dashboard:1", "kaniko-project/executor:v1.9.0"].map((image) => `${PLACE}/${image}`),
    );
    expect(spec.containers?.[0]?.env?.[1]?.value).toBe("IfNotPresent");
    expect(spec.imagePullSecrets).toEqual([{ name: "theirs" }, { name: "pulls" }]);
  });

  it("needs no Secret for images of elsewhere, and an object without pods stays as it is", () => {
    const spec: PodSpec = { containers: [{ name: "c", image: "cvat/server:v2.60.0" }] };
    fromMirror(deployment(spec), mirror);
    expect(spec).toEqual({ containers: [{ name: "c", image: "cvat/server:v2.60.0" }] });
    const service = { kind: "Service", metadata: { name: "a" } } as RenderedObject;
    fromMirror(service, mirror);
    expect(service).toEqual({ kind: "Service", metadata: { name: "a" } });
  });
});

describe("vision-platform:images", () => {
  it("makes a mirror of a registry, which the stack file's own images are no part of", () => {
    const { images, cvat, clearml } = lab({
      images: { registry: PLACE },
      cvat: { images: { opa: "openpolicyagent/opa:1.12.2" } },
      clearml: { image: { registry: "registry.example" } },
    });
    expect(mirrorOf({ images, cvat, clearml })).toEqual({
      place: PLACE,
      pullSecret: undefined,
      credentials: undefined,
      kept: ["openpolicyagent/opa", "registry.example/allegroai/clearml", "registry.internal/clearml-agent"],
    });
    expect(mirrorOf(lab({}))).toBeUndefined();
  });

  it("has the images of sign-in, unless the stack file names one", () => {
    const signIn = {
      issuer: "https://auth.example.com/realms/lab",
      allowedGroups: ["/a"],
      groups: { "/a": { role: "worker" } },
      sessions: { image: "registry.example/redis:7.2.12" },
    };
    const mirror = mirrorOf(
      lab({
        images: { registry: PLACE },
        cvat: { ingress: { host: "cvat.example.com", tls: { secretName: "cvat-tls" } } },
        traefik: { address: "192.0.2.20" },
        sso: signIn,
      }),
    );
    expect(mirror?.kept).toContain("registry.example/redis");
    expect(mirrored(PROXY_IMAGE, mirror ?? { place: "", kept: [] })).toBe(`${PLACE}/oauth2-proxy/oauth2-proxy:v7.15.6`);
  });

  it("has a Secret of ours where name and password are given, and theirs where that is named", () => {
    const given = mirrorOf(lab({ images: { registry: PLACE, username: "lab", password: "p" } }));
    expect([given?.pullSecret, given?.credentials?.username]).toEqual(["vision-platform-registry", "lab"]);
    expect(mirrorOf(lab({ images: { registry: PLACE, existingSecret: "theirs" } }))).toMatchObject({
      pullSecret: "theirs",
      credentials: undefined,
    });
  });

  it.each([
    [{ username: "lab", password: "p" }, "registry"],
    [{ registry: PLACE, existingSecret: "s", username: "lab" }, "existingSecret"],
    [{ registry: PLACE, username: "lab" }, "password"],
    [{ registry: PLACE, password: "p" }, "username"],
    [{ registry: "https://registry.example" }, "registry"],
  ])("refuses %j at %s", (images, key) => {
    expect(parseLab({ images }).problems.map(({ path }) => path)).toEqual([`vision-platform:images.${key}`]);
  });
});

it("two images that would be one there are told", () => {
  const images = ["quay.io/a/b:1", "ghcr.io/a/b:1", "cvat/server:v2"].map((image) => ({ image, of: ["cvat"] }));
  expect(copiesOf(images, mirror)).toMatchObject({
    copies: [{ image: "quay.io/a/b:1" }, { image: "ghcr.io/a/b:1" }],
    own: [{ image: "cvat/server:v2" }],
    clashes: [{ target: `${PLACE}/a/b:1`, images: ["quay.io/a/b:1", "ghcr.io/a/b:1"] }],
  });
});

it("two names of one image are no clash, and one that the stack file names is left whatever it is called by a chart", () => {
  const images = ["bitnami/redis:1", "docker.io/bitnami/redis:1", "docker.io/cvat/server:v2"].map((image) => ({
    image,
    of: ["cvat"],
  }));
  const { clashes, own } = copiesOf(images, { ...mirror, kept: ["docker.io/cvat/server:v2"].map(nameOf) });
  expect(clashes).toEqual([]);
  expect(own.map(({ image }) => image)).toEqual(["docker.io/cvat/server:v2"]);
  const kept = { place: PLACE, kept: [nameOf("cvat/server:v2"), nameOf("redis:7")] };
  expect(mirrored("cvat/server:v2", kept)).toBe("cvat/server:v2");
  expect(mirrored("docker.io/library/redis:7", kept)).toBe("docker.io/library/redis:7");
});

describe("a registry is asked", () => {
  const LOGIN = { username: "lab", password: "canary-of-registry" };
  const BASIC = `Basic ${Buffer.from("lab:canary-of-registry").toString("base64")}`;

  /** Has library/there:1 for those with a token, which it gives to the one with the password. */
  const registry = () =>
    serve({
      "/token": ({ headers }, response) => {
        response.writeHead(headers.authorization === BASIC ? 200 : 401).end(JSON.stringify({ token: "t" }));
      },
      ...Object.fromEntries(
        ["there", "away"].map((name) => [
          `/v2/library/${name}/manifests/1`,
          ({ headers }, response) => {
            const realm = `Bearer realm="http://${headers.host ?? ""}/token",service="r"`;
            if (headers.authorization !== "Bearer t") response.writeHead(401, { "www-authenticate": realm }).end();
            else response.writeHead(name === "there" ? 200 : 404).end("{}");
          },
        ]),
      ),
    });

  it("tells what is there, what is missing, and what it does not show", async () => {
    const { host } = await registry();
    const images = [`${host}/library/away:1`, `${host}/library/there:1`];
    expect(await keptThere(images, { patience: HASTE }, LOGIN)).toEqual([
      { image: images[0], state: "missing" },
      { image: images[1], state: "there" },
    ]);
    const refused = await keptThere(images, { patience: HASTE });
    expect(refused.map(({ state }) => state)).toEqual(["refused", "refused"]);
    expect(JSON.stringify(refused)).not.toContain("canary");
  });

  it("that takes name and password themselves, by those", async () => {
    const { host } = await serve({
      "/v2/a/manifests/1": ({ headers }, response) => {
        response.writeHead(headers.authorization === BASIC ? 200 : 401, { "www-authenticate": "Basic realm=r" }).end();
      },
    });
    expect(await isInRegistry(`${host}/a:1`, { patience: HASTE }, LOGIN)).toBe(true);
  });

  it("by the name and password of the stack file, which the engine opens where they lie sealed", async () => {
    const fileOf = (images: unknown) => ({ sections: { images } }) as unknown as StackFile;
    const secrets = () => Promise.resolve([{ key: "vision-platform:images.password", value: LOGIN.password }]);
    const never = () => Promise.reject(new Error("the engine was asked"));
    expect(await loginIn(fileOf({ username: "lab", password: new Sealed("v1:x") }), secrets)).toEqual(LOGIN);
    expect(await loginIn(fileOf({ username: "lab", password: LOGIN.password }), never)).toEqual(LOGIN);
    expect(await loginIn(fileOf({ registry: PLACE }), never)).toBeUndefined();
    expect(await loginIn({ sections: {} } as unknown as StackFile, never)).toBeUndefined();
  });

  it("that is not there ends it, in one sentence", async () => {
    await expect(keptThere(["127.0.0.1:1/a:1"], { patience: { ...HASTE, retries: 0 } })).rejects.toThrow(
      "The registry does not answer",
    );
  });
});
