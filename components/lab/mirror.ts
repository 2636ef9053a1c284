import { nameOf, type Mirror } from "../images/mirror.ts";
import { imageOf } from "../clearml/agent/names.ts";
import { namedImages } from "../sso/images.ts";
import type { LabConfig } from "./sections.ts";

/** Made by us in each namespace where the stack file gives user name and password. */
const PULL_SECRET = "vision-platform-registry";

/** The registry that the lab's images are taken from; undefined: each from where it is published. */
export function mirrorOf({
  images,
  cvat,
  clearml,
  sso,
  backup,
}: Pick<LabConfig, "images" | "cvat" | "clearml"> & Partial<Pick<LabConfig, "sso" | "backup">>): Mirror | undefined {
  const { registry, existingSecret, username, password } = images;
  if (registry === undefined) return undefined;
  const credentials = username === undefined || password === undefined ? undefined : { username, password };
  const { registry: own, repository } = clearml.image;
  return {
    place: registry,
    pullSecret: existingSecret ?? (credentials && PULL_SECRET),
    credentials,
    kept: [
      ...Object.values(cvat.images),
      ...(sso ? namedImages(sso) : []),
      ...[backup?.image, backup?.databases.postgresqlImage, backup?.databases.mongodbImage].filter(
        (image) => image !== undefined,
      ),
      ...(own === undefined ? [] : [`${own}/${repository}`]),
      // Built by us, and carried to the nodes or pushed where the stack file says.
      imageOf(clearml.agent.image),
    ].map(nameOf),
  };
}
