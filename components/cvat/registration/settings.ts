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

/** A file mounted by itself does not follow its ConfigMap, so the pods carry which text they were started with. */
export const SETTINGS_ANNOTATION = "vision-platform/settings";
export const SETTINGS_STAMP = createHash("sha256").update(SETTINGS_TEXT).digest("hex").slice(0, 16);
