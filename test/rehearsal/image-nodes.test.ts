import { appendFile, readdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import { findBuilder } from "../../components/images/build.ts";
import { deliver, isOnNode, type Order } from "../../components/images/deliver.ts";
import { checkNodes } from "../../components/images/nodes.ts";
import { kind } from "../../components/images/records/presence.ts";
import { problemsOf } from "./failure.ts";
import { REFERENCE, startDelivery } from "./image-lab.ts";
import { newRun, within } from "../unit/run.ts";

const presence = within(newRun(), kind);

let lab: Awaited<ReturnType<typeof startDelivery>>;
beforeAll(async () => {
  lab = await startDelivery();
}, 60_000);
afterAll(() => lab.end());

const send = (order: Order) => deliver(order, lab.surroundings);
const failed = async (order: Order) => (await problemsOf(send(order))).join("\n");
const archives = async (dataDir: string) => readdir(path.join(dataDir, "agent/images"));
const left = async (dataDir: string) => readdir(path.join(dataDir, "agent"));

describe("an image", { timeout: 60_000 }, () => {
  it("is built once for two nodes at the same time, and imported on both", async () => {
    const [one, two] = lab.nodes;
    expect(await Promise.all([send(lab.order(one)), send(lab.order(two))])).toEqual(["delivered", "delivered"]);
    expect(await lab.builds()).toHaveLength(2); // build, save
    for (const node of lab.nodes) {
      expect(await lab.k3s(node, "ctr", "images", "ls")).toContain(`${REFERENCE} `);
      expect(await archives(node.dataDir)).toEqual([
        expect.stringMatching(/^registry\.internal_test-agent-[0-9a-f]{64}\.tar$/),
      ]);
      expect(await left(node.dataDir)).toEqual(["images"]);
    }
  });

  it("that is there is neither built nor sent", async () => {
    await rm(lab.surroundings.folder, { recursive: true });
    expect(await send(lab.order(lab.nodes[0]))).toBe("there already");
    expect(await lab.builds()).toHaveLength(2);
  });

  it("is gone for a refresh when it is removed on its node, and is delivered there again", async () => {
    const [one, two] = lab.nodes;
    const outs = ({ image, access, build }: Order) => ({
      image,
      connection: access,
      builder: build,
      generation: "first",
    });
    await lab.k3s(one, "ctr", "images", "rm", REFERENCE);
    expect(await presence.read("first", outs(lab.order(one)))).toBeUndefined();
    expect(await presence.read("first", outs(lab.order(two)))).toMatchObject({ id: "first" });
    expect(await send(lab.order(one))).toBe("delivered");
    await rm(path.join(two.dataDir, "agent/images"), { recursive: true });
    expect(await isOnNode(lab.order(two).image, lab.order(two).access)).toBe(false);
    expect(await send(lab.order(two))).toBe("delivered");
  });

  it("is delivered anew when its Dockerfile changes, and the old archive goes", async () => {
    const before = lab.order(lab.nodes[0]).image.digest;
    await appendFile(path.join(lab.context, "Dockerfile"), "LABEL changed=yes\n");
    expect(await send(lab.order(lab.nodes[0]))).toBe("delivered");
    const names = await archives(lab.nodes[0].dataDir);
    expect(names).toHaveLength(1);
    expect(names[0]).not.toContain(before);
  });

  it("may only be imported: a label then says what it was built from", async () => {
    const order = lab.order(lab.nodes[1], "ctr-import");
    expect(await send(order)).toBe("delivered");
    expect(await lab.k3s(lab.nodes[1], "ctr", "images", "ls")).toMatch(
      /digest=[0-9a-f]{64},io\.cri-containerd\.pinned=pinned/,
    );
    expect(await send(order)).toBe("there already");
  });

  it("of other contents than were planned is not built", async () => {
    const order = lab.order(lab.nodes[0]);
    await appendFile(path.join(lab.context, "Dockerfile"), "LABEL changed=again\n");
    expect(await failed({ ...order, image: { ...order.image, digest: "0".repeat(64) } })).toMatch(
      /changed since the run began/,
    );
  });
});

describe("a node", { timeout: 60_000 }, () => {
  it("without room says so, keeps nothing of it, and takes the image when there is room", async () => {
    const [one] = lab.nodes;
    await writeFile(path.join(one.folder, "full"), "");
    expect(await failed(lab.order(one))).toMatch(
      /Node `one` did not take .*No space left on device[\s\S]*disk is full/,
    );
    expect(await left(one.dataDir)).toEqual(["images"]);
    await rm(path.join(one.folder, "full"));
    expect(await send(lab.order(one))).toBe("delivered");
  });

  it("with another host key is sent nothing, and both are named", async () => {
    const [one, two] = lab.nodes;
    const order = lab.order(one);
    const problem = await failed({ ...order, access: { ...order.access, hostKey: two.hostKey } });
    expect(problem).toMatch(
      /SSH server of node `one` \(rehearsal@127\.0\.0\.1:\d+\) shows the host key ssh-ed25519 \S+,/,
    );
    expect(problem).toContain(one.hostKey.split(" ")[1]);
  });

  it("that lets nobody in, or does not answer, is named", async () => {
    const order = lab.order(lab.nodes[0]);
    const change = (access: object) => ({ ...order, access: { ...order.access, ...access } });
    const stranger = await readFile(path.join(lab.nodes[1].folder, "host-key"), "utf8");
    expect(await failed(change({ privateKey: stranger }))).toMatch(/Node `one` .* does not let this private key in/);
    expect(await failed(change({ port: 1 }))).toMatch(/Node `one` .* cannot be reached by SSH: .*ECONNREFUSED/);
    const garbled = await failed(change({ privateKey: "canary-of-a-key" }));
    expect(garbled).toMatch(/cannot be read/);
    expect(garbled).not.toContain("canary");
  });

  it("that is switched off is not taken for one without the image", async () => {
    const { image, access, build } = lab.order(lab.nodes[0]);
    const outs = { image, connection: { ...access, port: 1 }, builder: build, generation: "first" };
    expect(await presence.read("first", outs)).toMatchObject({ id: "first" });
  });

  it("that the cluster does not have is refused", () => {
    expect(() => checkNodes(["one", "tow"], ["one", "two"])).toThrow(/lists the node `tow`.*It has: one, two\./);
    expect(() => checkNodes(["one"], ["one", "two"])).not.toThrow();
  });
});

test("what is no image archive is refused as ctr does", async () => {
  await expect(lab.k3s(lab.nodes[0], "ctr", "images", "import", path.join(lab.context, "Dockerfile"))).rejects.toThrow(
    /ctr: (archive\/tar: invalid tar header|unrecognized image format)/,
  );
});

describe("a builder", () => {
  it("that cannot work is named with its own words and the cure", async () => {
    const broken = await lab.brokenDocker();
    const find = findBuilder({ builder: "docker", builderPath: broken }, process.env);
    expect((await problemsOf(find)).join()).toMatch(/Cannot connect to the Docker daemon.*install Docker.*registry/);
  });

  it("that is nowhere is said to be missing", async () => {
    const find = findBuilder({ builder: "auto" }, { PATH: "/nonexistent" });
    expect((await problemsOf(find)).join()).toMatch(
      /docker: not installed; buildah: not installed.*install Docker.*, or install Buildah/,
    );
  });

  it("that fails is quoted", async () => {
    await writeFile(path.join(lab.context, "Dockerfile"), "# nothing\n");
    expect(await failed(lab.order(lab.nodes[0]))).toMatch(/docker could not build .*: ERROR: dockerfile parse error/s);
    await rm(path.join(lab.context, "Dockerfile"));
    expect(await failed(lab.order(lab.nodes[0]))).toMatch(/failed to read dockerfile/);
  });
});
