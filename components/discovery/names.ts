/** Secret in CVAT's namespace with what programs reach CVAT by. */
export const ACCESS_SECRET = "cvat-discovery";

/** Its keys: names of environment variables, as all who read it take them. */
export const ACCESS_KEYS = { host: "CVAT_HOST", token: "CVAT_ACCESS_TOKEN" } as const;

/** Name of the token in CVAT. */
export const TOKEN_NAME = "vision-platform: discovery";

/** File for a shell, in the Secret beside that of the environment. */
export const CLI_FILE = "cvat.env";
