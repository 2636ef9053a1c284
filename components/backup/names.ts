/** The Secret with what opens store and CVAT, and the ConfigMap with the scripts. */
export const BACKUP = "vision-platform-backup";

export const SCRIPT_FOLDER = "/etc/vision-platform/backup";
export const SETTINGS_FOLDER = "/etc/vision-platform/backup-settings";
export const SETTINGS_FILE = "settings.json";
