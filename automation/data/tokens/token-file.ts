import type { AccessToken } from "../../../components/cvat/tokens/access-tokens.ts";

/** Of whom a file with a credential is, and where it is used. */
export interface FileFacts {
  username: string;
  /** CVAT's address, `http://192.0.2.20`. */
  url: string;
  /** Version of CVAT, which is that of cvat-cli that speaks with it. */
  version: string;
  /** Slugs of the person's organizations. */
  organizations: readonly string[];
  /** The stack, for the command that takes it back. */
  stack: string;
}

/** All that `cvat-cli` and the SDK read from the environment; host and organization are arguments. (cvat-real-third-look.md, 10.6) */
export function tokenFile(
  token: Pick<AccessToken, "id" | "name" | "read_only" | "expiry_date"> & { value: string },
  facts: FileFacts,
): string {
  const { username, url, version, organizations, stack } = facts;
  const may = token.read_only ? `read all that ${username} may read` : `do all that ${username} may do`;
  const host = `--server-host ${url}`;
  const lines = organizations.length === 0 ? [host] : organizations.map((slug) => `${host} --org ${slug}`);
  return [
    `# Personal access token "${token.name}" (number ${token.id}) of ${username} in CVAT at ${url}.`,
    `# With it a program may ${may}, ${token.expiry_date === null ? "for ever" : `until ${token.expiry_date}`}.`,
    `# Taken back: npm run platform -- cvat token revoke ${token.id} --for ${username} --stack ${stack}`,
    "#",
    `# pip install cvat-cli==${version}, then, with this file's name in the place of FILE:`,
    "#   set -a; . FILE; set +a",
    ...lines.map((line) => `#   cvat-cli ${line} task ls`),
    `CVAT_ACCESS_TOKEN=${token.value}`,
    "",
  ].join("\n");
}

/** For a CVAT that knows no tokens: what its REST API takes. */
export function loginKeyFile(key: string, { username, url, stack }: FileFacts): string {
  return [
    `# Login key of ${username} in CVAT at ${url}. With it a program may do all that ${username} may do, until the account is signed out.`,
    `# Taken back, with every sign-in that shares it: npm run platform -- cvat token revoke login-key --for ${username} --stack ${stack}`,
    "#",
    "# With this file's name in the place of FILE:",
    "#   set -a; . FILE; set +a",
    `#   curl -H "Authorization: Token $CVAT_LOGIN_KEY" ${url}/api/users/self`,
    `CVAT_LOGIN_KEY=${key}`,
    "",
  ].join("\n");
}
