import * as z from "zod";
import { secretText } from "../../schema.ts";
import type { CvatConfig } from "../config.ts";
import { repeats, type SectionRule } from "../../section-rules.ts";

const username = z
  .string()
  .regex(/^[\w.@+-]{1,150}$/, "must be up to 150 letters, digits and `_.@+-`, as Django's user names are");

const email = z
  .email("must be an e-mail address")
  .optional()
  .describe("E-mail address. CVAT adds members to organizations by it. Default: one that receives nothing.");

const password = secretText({ min: 8, max: 256 })
  .optional()
  .describe("Password. Default: made once, and shown by `outputs --show-secrets`. A change here changes it in CVAT.");

const names = {
  firstName: z.string().max(150).default("").describe("First name."),
  lastName: z.string().max(150).default("").describe("Last name."),
};

/** What a user may do in CVAT as a whole. */
const ROLES = ["admin", "user", "worker"] as const;

/** Keys of `vision-platform:cvat` about its users. */
export const usersConfig = {
  superuser: z
    .strictObject({ username: username.default("admin").describe("User name."), email, password, ...names })
    .prefault({})
    .describe("CVAT's administrator, by whom everything else here is made."),
  users: z
    .array(
      z.strictObject({
        username: username.describe("User name."),
        email,
        password,
        ...names,
        role: z
          .enum(ROLES)
          .default("user")
          .describe("`worker` only works on what is assigned, `user` makes projects too, `admin` may do everything."),
      }),
    )
    .default([])
    .describe(
      "More users. One that this list made and that is taken out of it is switched off in CVAT, never deleted. Users made in CVAT are left alone.",
    )
    .meta({ examples: [[{ username: "annotator", role: "worker" }]] }),
  registration: z
    .enum(["closed", "open"])
    .default("closed")
    .describe(
      "`open`: anybody who reaches CVAT may create an account and ask for a new password, as CVAT itself has it. `closed`: CVAT refuses both, and each `up` asks it whether it does.",
    ),
};

type UsersSection = Pick<CvatConfig, "superuser" | "users">;
type Person = UsersSection["users"][number];

/** The address of a user who gave none: it goes nowhere, and no other user has it. */
export function emailOf({ username, email }: Pick<Person, "username" | "email">): string {
  return email ?? `${username.replace(/[^\w.+-]/g, ".")}@cvat.invalid`;
}

/** The superuser first, then the others. */
export function everybody({ superuser, users }: UsersSection): Person[] {
  return [{ ...superuser, role: "admin" }, ...users];
}

const where = (index: number) => (index === 0 ? ["superuser"] : ["users", index - 1]);

/** What must be one user's only. */
export const USERS_RULES: readonly SectionRule<UsersSection>[] = (
  [
    ["username", (person: Person) => person.username],
    ["email", (person: Person) => emailOf(person).toLowerCase()],
  ] as const
).map(([key, valueOf]) => ({
  reads: ["superuser", "users"],
  problems: (section) =>
    repeats(everybody(section).map((person, index) => [index, valueOf(person)] as const)).map(
      ({ key: index, first, value }) => ({
        path: [...where(index), key],
        message: `\`${value}\` is that of ${first === 0 ? "cvat.superuser" : `cvat.users[${first - 1}]`} already; give each its own`,
      }),
    ),
}));
