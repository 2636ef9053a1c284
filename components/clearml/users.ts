import { hocon } from "./hocon.ts";

/** A person who signs in to ClearML's web interface. */
export interface FixedUser {
  username: string;
  /** What the interface shows. */
  name: string;
  /** Base64 of a bcrypt hash. */
  hashedPassword: string;
}

/**
 * The API server's `apiserver.conf`: only these users may sign in, each with a password (facts/clearml.md 1.9 c, 1.10).
 * Without fixed users anyone who reaches the address is let in by name.
 */
export function apiserverConf(users: readonly FixedUser[]): string {
  return hocon({
    auth: {
      fixed_users: {
        enabled: true,
        pass_hashed: true,
        users: users.map(({ username, name, hashedPassword }) => ({ username, password: hashedPassword, name })),
      },
    },
  });
}
