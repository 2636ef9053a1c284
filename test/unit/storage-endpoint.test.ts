import { describe, expect, it } from "vitest";
import { parseLab } from "../../components/lab/parse.ts";
import { objectStoreConfig } from "../../components/storage/object-store-section.ts";
import { endpointOfMachine, endpointOfPods, urlOf } from "../../components/storage/endpoint.ts";

/** The two sides of a section, as URLs. */
function sides(section: object): [pods: string, machine: string] {
  const config = objectStoreConfig.parse(section);
  return [urlOf(endpointOfPods(config)), urlOf(endpointOfMachine(config))];
}

const problems = (section: object) =>
  parseLab({ traefik: { address: "192.0.2.20" }, objectStore: section }).problems.map(
    ({ path, message }) => `${path.replace("vision-platform:objectStore.", "")}: ${message}`,
  );

describe("where the store is", () => {
  it.each([
    ["as it always was", { address: "192.0.2.30" }, "http://192.0.2.30:9000", "http://192.0.2.30:9000"],
    [
      "with `tls` for both",
      { address: "192.0.2.30", port: 9443, tls: true, endpoint: "minio.example.com:443" },
      "https://192.0.2.30:9443",
      "https://minio.example.com:443",
    ],
    [
      "in clear inside, and with a proxy's TLS outside",
      { address: "192.0.2.30", endpoint: "https://minio.example.com" },
      "http://192.0.2.30:9000",
      "https://minio.example.com:443",
    ],
    [
      "with TLS inside, and through a tunnel in clear",
      { address: "https://192.0.2.30:9000", endpoint: "127.0.0.1:19000" },
      "https://192.0.2.30:9000",
      "http://127.0.0.1:19000",
    ],
    [
      "with `tls` for the pods alone, where the other key says its own",
      { address: "192.0.2.30", tls: true, endpoint: "http://127.0.0.1:19000" },
      "https://192.0.2.30:9000",
      "http://127.0.0.1:19000",
    ],
    ["by one URL for both", { address: "https://minio.example.com" }, ...twice("https://minio.example.com:443")],
    ["by a URL with the port that its scheme has", { address: "http://192.0.2.30" }, ...twice("http://192.0.2.30:80")],
  ])("%s", (_, section, pods, machine) => {
    expect(sides(section)).toEqual([pods, machine]);
  });

  it.each<[object, string[]]>([
    [{ address: "minio.example.com" }, ["address: Must be an IPv4 address such as 192.0.2.30, or a URL"]],
    [{ address: "192.0.2.300" }, ["address: Must be an IPv4 address"]],
    [{ address: "https://192.0.2.30:70000" }, ["address: Must be an IPv4 address"]],
    [{ address: "https://192.0.2.30:9000/minio" }, ["address: Must be an IPv4 address"]],
    [{ address: "https://user:key@192.0.2.30" }, ["address: Must be an IPv4 address"]],
    [{ address: "192.0.2.30", endpoint: "minio.example.com" }, ["endpoint: Must be HOST:PORT"]],
    [{ address: "192.0.2.30", endpoint: "ftp://minio.example.com" }, ["endpoint: Must be HOST:PORT"]],
    [{ address: "https://192.0.2.30:9000", port: 9443 }, ["port: `address` is a URL, which says the port"]],
    [{ address: "http://192.0.2.30:9000", tls: true }, ["tls: Says HTTPS, and every URL says http://"]],
    [
      { address: "192.0.2.30", ca: "store-ca.crt" },
      ["ca: Is for HTTPS, which neither `address` nor `endpoint` speaks"],
    ],
    ...["/etc/ssl/store.crt", "~/store.crt", "../store.crt", "a/../../store.crt", "C:\\store.crt", ""].map(
      (ca): [object, string[]] => [
        { address: "192.0.2.30", tls: true, ca },
        ["ca: Must be the path of a file in this project's folder"],
      ],
    ),
  ])("refuses %j", (section, begins) => {
    const found = problems(section);
    expect(found.map((text, index) => text.slice(0, begins[index]?.length))).toEqual(begins);
  });

  it("takes an authority where one side speaks HTTPS, in a folder too", () => {
    expect(
      problems({ address: "192.0.2.30", endpoint: "https://minio.example.com", ca: "certs/store..ca.crt" }),
    ).toEqual([]);
  });

  it("finds an address that two Services want, in a URL too", () => {
    expect(problems({ address: "https://192.0.2.20:9000" })).toEqual([
      "address: `192.0.2.20` is used by vision-platform:traefik.address already. Give each its own.",
    ]);
  });
});

function twice(url: string): [string, string] {
  return [url, url];
}
