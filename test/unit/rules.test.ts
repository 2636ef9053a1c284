import { describe, expect, it } from "vitest";
import { parseLab } from "../../components/lab/parse.ts";
import { entry } from "./nuclio-fixtures.ts";

const paths = (sections: Record<string, unknown>) =>
  parseLab(sections)
    .problems.map(({ path }) => path.replace("vision-platform:", ""))
    .sort();

describe("rules across sections", () => {
  it.each<[string, Record<string, unknown>, string[]]>([
    ["nothing is said", {}, []],
    [
      "every address of its own",
      {
        traefik: { address: "192.0.2.20" },
        objectStore: { address: "192.0.2.30" },
        clearml: { addresses: { web: "192.0.2.40", api: "192.0.2.41", files: "192.0.2.42" } },
      },
      [],
    ],
    [
      "Traefik and ClearML share one",
      { traefik: { address: "192.0.2.20" }, clearml: { addresses: { api: "192.0.2.20" } } },
      ["clearml.addresses.api"],
    ],
    [
      "three on one: the second and the third are told",
      {
        traefik: { address: "192.0.2.20" },
        clearml: { addresses: { files: "192.0.2.20" } },
        objectStore: { address: "192.0.2.20" },
      },
      ["clearml.addresses.files", "objectStore.address"],
    ],
    [
      "a switched-off ClearML asks for no address",
      { traefik: { address: "192.0.2.20" }, clearml: { enabled: false, addresses: { web: "192.0.2.20" } } },
      [],
    ],
    [
      "two systems in one namespace",
      { cvat: { namespace: "lab" }, clearml: { namespace: "lab" } },
      ["clearml.namespace"],
    ],
    ["one meets the other's default", { cvat: { namespace: "clearml" } }, ["clearml.namespace"]],
    [
      "only one of the two is installed",
      { cvat: { namespace: "lab" }, clearml: { namespace: "lab", enabled: false } },
      [],
    ],
    [
      "speaks in the same run as a section's own problems",
      {
        traefik: { address: "192.0.2.20", sevrice: "x" },
        clearml: { addresses: { web: "192.0.2.20" }, elasticsearch: { heap: "2" }, users: [{}] },
      },
      [
        "clearml.addresses.web",
        "clearml.elasticsearch.heap",
        "clearml.users[0].name",
        "clearml.users[0].username",
        "traefik.sevrice",
      ],
    ],
    [
      "a cloud storage is a bucket that CVAT may use",
      {
        objectStore: {
          address: "192.0.2.30",
          moreBuckets: { videos: { name: "videos", readers: ["cvat"] }, other: { name: "other" } },
        },
        traefik: { address: "192.0.2.20" },
        cvat: { cloudStorages: ["datasets", "videos", "models", "other"].map((role) => ({ name: role, role })) },
        clearml: { enabled: false },
      },
      ["cvat.cloudStorages[2].role", "cvat.cloudStorages[3].role"],
    ],
    [
      "a cloud storage of a store that is not there",
      {
        traefik: { address: "192.0.2.20" },
        cvat: { cloudStorages: [{ name: "datasets", role: "datasets" }] },
        clearml: { enabled: false },
      },
      ["cvat.cloudStorages[0].role"],
    ],
    [
      "a key is rotated of somebody who is no user",
      {
        objectStore: { address: "192.0.2.30", keyRotations: { people: { anna: 1, "b.o": 1 } } },
        traefik: { address: "192.0.2.20" },
        clearml: { users: [{ username: "anna", name: "Anna" }], agent: { enabled: false } },
      },
      ['objectStore.keyRotations.people["b.o"]'],
    ],
    [
      "a key is rotated of a worker of CVAT's, or of ClearML's people while that is off",
      {
        objectStore: { address: "192.0.2.30", keyRotations: { people: { anna: 1, kim: 1, lena: 1 } } },
        traefik: { address: "192.0.2.20" },
        cvat: { users: [{ username: "lena" }, { username: "kim", role: "worker" }] },
        clearml: { enabled: false, users: [{ username: "anna", name: "Anna" }] },
      },
      ["objectStore.keyRotations.people.anna", "objectStore.keyRotations.people.kim"],
    ],
    [
      "a model lies where functions may read",
      {
        objectStore: { address: "192.0.2.30", onlyPrefixes: { functions: { models: ["yolo/", "sam-"] } } },
        traefik: { address: "192.0.2.20" },
        clearml: { enabled: false },
        functions: Object.fromEntries(
          ["yolo/x.onnx", "sam-2.onnx", "x.onnx"].map((key, index) => [`f${index}`, entry({ model: { key } })]),
        ),
      },
      ["functions.f2.model.key"],
    ],
    [
      "an unsound key is not taken for its default",
      { cvat: { namespace: "Not A Name" }, clearml: { namespace: "cvat" } },
      ["cvat.namespace"],
    ],
  ])("%s", (_, sections, expected) => expect(paths(sections)).toEqual(expected));

  it("says who has the address, and what to do", () => {
    const { problems } = parseLab({ traefik: { address: "192.0.2.20" }, objectStore: { address: "192.0.2.20" } });
    expect(problems).toEqual([
      {
        path: "vision-platform:objectStore.address",
        message: "`192.0.2.20` is used by vision-platform:traefik.address already. Give each its own.",
      },
    ]);
  });
});
