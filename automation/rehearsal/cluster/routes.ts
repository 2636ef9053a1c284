import { mkdir, readdir, readFile, rename, writeFile } from "node:fs/promises";
import path from "node:path";

/** What stands for the pods behind a Service of the rehearsal: a process of this machine. */
export interface Route {
  namespace: string;
  service: string;
  /** The port of the pods, as the Service's endpoints have it. */
  port: number;
  /** Port on 127.0.0.1 that is connected with it. */
  to: number;
}

/** The unix socket through which a rehearsal's API server reaches pods and nodes. */
export function tunnelSocket(home: string): string {
  return path.join(home, "tunnel");
}

function routesFolder(home: string): string {
  return path.join(home, "routes");
}

/** Has the API server find a stand-in where it looks for the pods of a Service. In place of an earlier one. */
export async function registerRoute(home: string, route: Route): Promise<void> {
  await mkdir(routesFolder(home), { recursive: true });
  const file = path.join(routesFolder(home), `${route.namespace}.${route.service}.${route.port}.json`);
  await writeFile(`${file}.new`, JSON.stringify(route));
  await rename(`${file}.new`, file);
}

/** Every stand-in there is. */
export const readRoutes = (home: string): Promise<Route[]> => readAll<Route>(routesFolder(home));

/** An address of the lab's network, as pods are told it, and what is there in a rehearsal: a process of this machine. */
export interface Address {
  host: string;
  port: number;
  /** Port on 127.0.0.1. */
  to: number;
}

const addressesFolder = (home: string): string => path.join(home, "addresses");

/** Has pods that are run find a process of this machine at an address. In place of an earlier one. */
export async function registerAddress(home: string, address: Address): Promise<void> {
  await mkdir(addressesFolder(home), { recursive: true });
  const name = encodeURIComponent(`${address.host} ${address.port}`);
  await writeFile(path.join(addressesFolder(home), `${name}.json`), JSON.stringify(address));
}

export const readAddresses = (home: string): Promise<Address[]> => readAll<Address>(addressesFolder(home));

async function readAll<T>(folder: string): Promise<T[]> {
  const files = await readdir(folder).catch(() => []);
  const found = files.filter((file) => file.endsWith(".json"));
  return Promise.all(found.map(async (file) => JSON.parse(await readFile(path.join(folder, file), "utf8")) as T));
}
