import { ACCESS_KEYS, CLI_FILE } from "./names.ts";

/** What a program reaches CVAT by. */
export interface Access {
  /** Where it comes with its token. */
  host: string;
  token: string;
}

/**
 * Environment variables. The token is what `cvat-cli` reads; host and organization are arguments of the command line and of the SDK, which read
 * them from nowhere. (cvat-cli 2.64.0, _internal/common.py)
 */
export function environmentOf({ host, token }: Access): Record<string, string> {
  return { [ACCESS_KEYS.host]: host, [ACCESS_KEYS.token]: token };
}

/** The same as a file for a shell, and for python-dotenv. Neither value has a letter that one of them reads as another. */
export function cliFile(access: Access, { username, readOnly, version }: CliFacts): Record<string, string> {
  const lines = [
    `# CVAT for ${username}, for ${readOnly ? "reading" : "reading and writing"}. Kept by \`up\`: changed here, it is overwritten.`,
    `# pip install cvat-cli==${version}, then, with this file's name in the place of FILE:`,
    "#   set -a; . FILE; set +a",
    `#   cvat-cli --server-host "$${ACCESS_KEYS.host}" task ls`,
    ...Object.entries(environmentOf(access)).map(([name, value]) => `${name}=${value}`),
    "",
  ];
  return { [CLI_FILE]: lines.join("\n") };
}

interface CliFacts {
  /** Whose the token is. */
  username: string;
  readOnly: boolean;
  /** Version of CVAT, which is that of cvat-cli that speaks with it. */
  version: string;
}
