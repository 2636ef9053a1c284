/** The Secret with what opens store and CVAT, and the ConfigMap with the scripts. */
export const BACKUP = "vision-platform-backup";

/** Label of the Jobs and pods, with what they do. */
export const BACKUP_LABEL = "vision-platform/backup";

/** Name of the container in them. */
export const BACKUP_CONTAINER = "backup";

export const SCRIPT_FOLDER = "/etc/vision-platform/backup";
export const SETTINGS_FOLDER = "/etc/vision-platform/backup-settings";
export const SETTINGS_FILE = "settings.json";
