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
export async function readRoutes(home: string): Promise<Route[]> {
  const files = await readdir(routesFolder(home)).catch(() => []);
  const found = files.filter((file) => file.endsWith(".json"));
  return Promise.all(
    found.map(async (file) => JSON.parse(await readFile(path.join(routesFolder(home), file), "utf8")) as Route),
  );
}
