import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

/** ConfigMap with the settings module. */
export const SETTINGS_CONFIG_MAP = "cvat-settings";

/** Key of the ConfigMap, and name of the file. */
export const SETTINGS_FILE = "vision_platform.py";

/** CVAT's settings with registration and password reset closed, as Python. */
export const SETTINGS_TEXT = readFileSync(new URL(`./${SETTINGS_FILE}`, import.meta.url), "utf8");

/** Where the server finds it: beside CVAT's own settings, so that nothing else of its image has to change. (cvat-real-second-look.md 1) */
export const SETTINGS_PATH = `/home/django/cvat/settings/${SETTINGS_FILE}`;

/** What Django reads its settings from, of the image's own environment. */
export const SETTINGS_VARIABLE = "DJANGO_SETTINGS_MODULE";
export const SETTINGS_MODULE = "cvat.settings.vision_platform";

/** What the server starts with in the place of its image's own settings. */
export interface ServerSettings {
  /** What Django takes its settings from. */
  module: string;
  /** A Python package beside CVAT's own, which the module is of. Default: the module that closes registration needs none. */
  package?: {
    name: string;
    /** Texts by file name. */
    files: Readonly<Record<string, string>>;
  };
}

/** Registration closed, and nothing else. */
export const REGISTRATION_CLOSED: ServerSettings = { module: SETTINGS_MODULE };

/** Where the server finds a package: in the folder that its image starts in, where Python finds CVAT. (Dockerfile of CVAT: WORKDIR) */
export const packagePath = (name: string): string => `/home/django/${name}`;

/** All files, by their keys in the ConfigMap. */
export function settingsFiles(settings: ServerSettings): Record<string, string> {
  return { [SETTINGS_FILE]: SETTINGS_TEXT, ...settings.package?.files };
}

/** The server reads its settings once, when it starts, so the pods carry which texts they were started with. */
export const SETTINGS_ANNOTATION = "vision-platform/settings";
export function settingsStamp(settings: ServerSettings): string {
  const hash = createHash("sha256").update(SETTINGS_TEXT);
  for (const [name, text] of Object.entries(settings.package?.files ?? {})) hash.update(JSON.stringify([name, text]));
  return hash.digest("hex").slice(0, 16);
}
