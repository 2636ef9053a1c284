import { existsSync } from "node:fs";
import path from "node:path";
import { Readable } from "node:stream";
import { c } from "tar";
import { UserError } from "../../../components/program/errors.ts";
import { PROJECT_FOLDER } from "../../project.ts";

/** Of MediaInfo, what is loaded by `require`. */
const MEDIAINFO = ["mediainfo.js/package.json", "mediainfo.js/dist/cjs", "mediainfo.js/dist/MediaInfoModule.wasm"];
/** What decodes pictures, but for the part that is made for one kind of machine. */
const SHARP = ["sharp", "detect-libc", "semver", "@img/colour"];
/** Kinds of machines, as npm and as nodes name them. */
const MACHINES = [
  ["x64", "amd64"],
  ["arm64", "arm64"],
] as const;

/** Packages that pods need besides their program. */
export interface Packages {
  /** A tar, by gzip. */
  archive: () => Readable;
  /** Processors that they are made for, as nodes name them. Undefined: they run on all. */
  processors: string[] | undefined;
}

/**
 * What a check in the cluster needs, from what npm has installed here.
 * @param deep whether it decodes pictures
 * @throws UserError where what decodes pictures is not here for any Linux
 */
export function checkPackages(deep: boolean): Packages {
  const machines = MACHINES.filter(([machine]) => partsFor(machine).every(isInstalled));
  if (deep && machines.length === 0)
    throw new UserError(
      "--deep in the cluster needs the decoder of pictures for Linux, and npm has installed none here: npm install --no-save --os=linux --cpu=x64 --libc=glibc sharp",
    );
  const decoder = [...SHARP, ...machines.flatMap(([machine]) => partsFor(machine))];
  const names = [...MEDIAINFO, ...(deep ? decoder : [])].map((name) => `node_modules/${name}`);
  return {
    archive: () => Readable.from(c({ gzip: true, cwd: PROJECT_FOLDER, portable: true }, names)),
    processors: deep ? machines.map(([, processor]) => processor) : undefined,
  };
}

const partsFor = (machine: string) => [`@img/sharp-linux-${machine}`, `@img/sharp-libvips-linux-${machine}`];
const isInstalled = (name: string) => existsSync(path.join(PROJECT_FOLDER, "node_modules", name));
