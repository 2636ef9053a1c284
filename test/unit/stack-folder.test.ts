import { createDecipheriv, randomBytes } from "node:crypto";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { parse } from "yaml";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ConfigValue } from "../../automation/rehearsal/services/service.ts";
import type { StackSecret } from "../../automation/engine/sealing.ts";
import { pathText } from "../../components/schema/problems.ts";
import { writeStackFolder } from "../../automation/rehearsal/stack-folder.ts";

let root: string;
let count = 0;
beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), "stack-folder-"));
});
afterAll(() => rm(root, { recursive: true }));

const KEY = { salt: "v1:salt:v1:nonce:proof", key: randomBytes(32) };
const SEALED = { secure: expect.stringMatching(/^v1:[^:]+:[^:]+$/) as string };

const REPLACE = { kubeconfig: "/run/kubeconfig", context: "kwok-lab", charts: { cvat: "/charts/cvat" }, values: [] };

async function rehearse(text: string, values: readonly ConfigValue[] = [], secrets: readonly StackSecret[] = []) {
  const project = path.join(root, `project-${++count}`);
  const folder = path.join(root, `folder-${count}`, "deep");
  await mkdir(project, { recursive: true });
  await writeFile(path.join(project, "Pulumi.yaml"), "name: vision-platform\n");
  await writeFile(path.join(project, "Pulumi.lab.yaml"), text);
  const sealed: string[] = [];
  const standIn = ([section = "", ...path]: StackSecret["at"]) => {
    sealed.push(pathText(String(section), path));
    return `for ${sealed.at(-1) ?? ""}`;
  };
  await writeStackFolder(folder, project, "lab", { ...REPLACE, values, secrets, key: KEY, standIn });
  const written = await readFile(path.join(folder, "Pulumi.lab.yaml"), "utf8");
  const original = await readFile(path.join(project, "Pulumi.lab.yaml"), "utf8");
  expect(original).toBe(text);
  expect(await readFile(path.join(folder, "Pulumi.yaml"), "utf8")).toBe("name: vision-platform\n");
  return {
    sealed,
    written,
    config: (parse(written) as { config: Record<string, unknown> }).config,
    document: parse(written) as object,
  };
}

describe("the stack folder of a rehearsal", () => {
  it("has the stack file but for the cluster and the charts", async () => {
    const { config, sealed } = await rehearse(`
config:
  vision-platform:cluster: { kubeconfig: ~/.kube/home, context: home, storageClass: fast }
  vision-platform:charts: { paths: { cvat: ../mine, nuclio: ../nuclio } }
  vision-platform:cvat: { namespace: annotation }
  kubernetes:namespace: other
`);
    expect(config).toEqual({
      "vision-platform:cluster": { kubeconfig: "/run/kubeconfig", context: "kwok-lab", storageClass: "fast" },
      "vision-platform:charts": { paths: { cvat: "/charts/cvat", nuclio: "../nuclio" } },
      "vision-platform:cvat": { namespace: "annotation" },
      "kubernetes:namespace": "other",
    });
    expect(sealed).toEqual([]);
  });

  it("has what stood behind an anchor, also where the anchor was at a secret", async () => {
    const { config, sealed } = await rehearse(`
config:
  vision-platform:cvat:
    superuser: { username: admin, password: &one { secure: v1:abc } }
    users: [{ username: eva, role: &role worker, password: *one }, { username: ida, role: *role }]
`);
    expect(config["vision-platform:cvat"]).toEqual({
      superuser: { username: "admin", password: SEALED },
      users: [
        { username: "eva", role: "worker", password: SEALED },
        { username: "ida", role: "worker" },
      ],
    });
    expect(sealed.sort()).toEqual(
      ["superuser.password", "users[0].password"].map((key) => `vision-platform:cvat.${key}`),
    );
  });

  it("keeps text that looks like something else as text", async () => {
    const { written } = await rehearse('config: { vision-platform:cvat: { namespace: "2026-01-01" } }');
    expect(written).toContain('namespace: "2026-01-01"');
  });

  it("points the stack at the services beside the cluster", async () => {
    const { config } = await rehearse("config: { vision-platform:cvat: { endpoint: http://home, namespace: cvat } }", [
      { section: "cvat", path: ["endpoint"], value: "http://127.0.0.1:1" },
      { section: "clearml", path: ["agent", "nodes", 0], value: { host: "127.0.0.1" } },
    ]);
    expect(config).toMatchObject({
      "vision-platform:cvat": { endpoint: "http://127.0.0.1:1", namespace: "cvat" },
      "vision-platform:clearml": { agent: { nodes: [{ host: "127.0.0.1" }] } },
    });
  });

  it.each(["", "# nothing\n", "config:\n", "config: {}\n", "encryptionsalt: v1:x\n"])(
    "is made from %j too",
    async (text) => {
      const { config } = await rehearse(text);
      expect(config).toEqual({
        "vision-platform:cluster": { kubeconfig: "/run/kubeconfig", context: "kwok-lab" },
        "vision-platform:charts": { paths: { cvat: "/charts/cvat" } },
      });
    },
  );

  it("has a stand-in for what is encrypted for another passphrase, in its place, in lists too", async () => {
    const { config, sealed, document, written } = await rehearse(`
encryptionsalt: v1:salt
secretsprovider: passphrase
config:
  vision-platform:cvat:
    secrets: { redis: { secure: v1:a }, kvrocks: { secure: v1:b } }
    values: { "a.b": { secure: v1:c }, list: [{ secure: v1:d }, keep, { secure: v1:e }] }
  vision-platform:clearml:
    users:
      - { username: a, password: { secure: v1:f } }
      - { username: b }
`);
    expect([...sealed].sort()).toEqual(
      [
        "vision-platform:clearml.users[0].password",
        "vision-platform:cvat.secrets.kvrocks",
        "vision-platform:cvat.secrets.redis",
        'vision-platform:cvat.values["a.b"]',
        "vision-platform:cvat.values.list[0]",
        "vision-platform:cvat.values.list[2]",
      ].sort(),
    );
    expect(config["vision-platform:cvat"]).toEqual({
      secrets: { redis: SEALED, kvrocks: SEALED },
      values: { "a.b": SEALED, list: [SEALED, "keep", SEALED] },
    });
    expect(config["vision-platform:clearml"]).toEqual({
      users: [{ username: "a", password: SEALED }, { username: "b" }],
    });
    const { users } = config["vision-platform:clearml"] as { users: { password: { secure: string } }[] };
    expect(opened(users[0]?.password.secure)).toBe("for vision-platform:clearml.users[0].password");
    expect(document).toHaveProperty("encryptionsalt", KEY.salt);
    expect(document).not.toHaveProperty("secretsprovider");
    // What is sealed anew may begin with such a letter too.
    expect(written).not.toMatch(/v1:[a-f]["\s]/);
  });

  it("has the services' secrets over those, sealed, and no word of any in clear", async () => {
    const at = ["vision-platform:objectStore", "credentials", "secretKey"];
    const text = "config: { vision-platform:objectStore: { credentials: { secretKey: { secure: v1:x } } } }";
    const { config, written } = await rehearse(text, [], [{ at, value: "opens it" }]);
    const { credentials } = config["vision-platform:objectStore"] as { credentials: { secretKey: { secure: string } } };
    expect(opened(credentials.secretKey.secure)).toBe("opens it");
    expect(written).not.toContain("opens it");
  });
});

/** As the engine opens it. (pulumi: sdk/go/common/resource/config/crypt.go) */
function opened(secure = ""): string {
  const [, nonce = "", sealed = ""] = secure.split(":");
  const bytes = Buffer.from(sealed, "base64");
  const decipher = createDecipheriv("aes-256-gcm", KEY.key, Buffer.from(nonce, "base64"));
  decipher.setAuthTag(bytes.subarray(-16));
  return decipher.update(bytes.subarray(0, -16), undefined, "utf8") + decipher.final("utf8");
}
