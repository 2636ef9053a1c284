import * as z from "zod";
import { secretText } from "../../schema/values.ts";
import { repeats, type SectionRule } from "../../schema/section-rules.ts";

const username = z
  .string()
  .regex(/^[\w.@+-]{1,150}$/, "must be up to 150 letters, digits and `_.@+-`, as Django's user names are");

/** A name that somebody in CVAT may have: letters of any script, where Django makes the name. (Django's UnicodeUsernameValidator) */
export const memberName = z
  .string()
  .regex(
    /^[\p{L}\p{N}_.@+-]{1,150}$/u,
    "can be nobody's name in CVAT: names are up to 150 letters, digits and `_.@+-`",
  );

/** What Django takes beyond what every address is: a length, and parts of the domain that neither begin nor end with `-`. (EmailValidator) */
const LONGEST_EMAIL = 254;
const MAIL_DOMAIN = /@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}$/i;

const email = z
  .email("must be an e-mail address")
  .max(LONGEST_EMAIL, `must be an e-mail address of at most ${LONGEST_EMAIL} characters`)
  .regex(MAIL_DOMAIN, "must be an e-mail address with a whole domain, whose parts neither begin nor end with `-`")
  .optional()
  .describe("E-mail address. CVAT adds members to organizations by it. Default: one that receives nothing.");

const password = secretText({ min: 8, max: 256 })
  .optional()
  .describe(
    "Password. Default: made once, and shown by `outputs --show-secrets`. A change here changes it in CVAT, and ends login key, access tokens and sessions.",
  );

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
    .describe(
      "CVAT's administrator, by whom everything else here is made. Given another name, the account is renamed.",
    ),
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
        program: z
          .boolean()
          .default(false)
          .describe(
            "Whether it is a program's: with `sso` its password, which is made here and which nobody types, stays good at CVAT's own login, so that tokens can be made for it. For `discovery.token.user` and `cvat token`.",
          ),
      }),
    )
    .default([])
    .describe(
      "More users. One that this list made and that is taken out of it is switched off in CVAT, with all that he was signed in by, and never deleted. Users made in CVAT are left alone.",
    )
    .meta({ examples: [[{ username: "annotator", role: "worker" }]] }),
  registration: z
    .enum(["closed", "open"])
    .default("closed")
    .describe(
      "`open`: anybody who reaches CVAT may create an account and ask for a new password, as CVAT itself has it. `closed`: CVAT refuses both, and each `up` asks it whether it does.",
    ),
};

type UsersSection = { [Key in keyof typeof usersConfig]: z.output<(typeof usersConfig)[Key]> };
type Person = UsersSection["users"][number];

/**
 * The address of a user who gave none: it goes nowhere, and no other user has it. A dot that CVAT would refuse there when it invites him, at
 * either end or after another, is written as a dash.
 */
export function emailOf({ username, email }: Pick<Person, "username"> & { email?: Person["email"] }): string {
  const mailbox = username.replace(/[^\w.+-]/g, ".").replace(/^\.|\.$|(?<=\.)\./g, "-");
  return email ?? `${mailbox}@cvat.invalid`;
}

/** The superuser first, then the others. */
export function everybody({ superuser, users }: UsersSection): Person[] {
  return [{ ...superuser, role: "admin", program: false }, ...users];
}

const where = (index: number) => (index === 0 ? ["superuser"] : ["users", index - 1]);

/** What must be one user's only. CVAT signs people in by a name in any letters. */
export const USERS_RULES: readonly SectionRule<UsersSection>[] = [
  {
    reads: ["users"],
    problems: ({ users }) =>
      users.flatMap(({ program, password }, index) =>
        program && password !== undefined
          ? [
              {
                path: ["users", index, "password"],
                message:
                  "is set beside `program`, whose password opens CVAT's own login: leave it out, and one is made that nobody guesses",
              },
            ]
          : [],
      ),
  },
  { reads: ["superuser", "users"], problems: (section) => repeated("username", namesOf(section)) },
  {
    reads: ["superuser", "users"],
    problems: (section) => {
      const people = everybody(section);
      const namesakes = new Set(repeats(namesOf(section)).map(({ key }) => key));
      // The address of one who gave none comes from his name, which has been told.
      const addresses = people.map((person, index) =>
        person.email === undefined && namesakes.has(index) ? undefined : emailOf(person).toLowerCase(),
      );
      return repeated("email", [...addresses.entries()]);
    },
  },
];

type ByPerson = readonly (readonly [index: number, value: string | undefined])[];

const namesOf = (section: UsersSection): ByPerson =>
  everybody(section).map(({ username }, index) => [index, username.toLowerCase()]);

const repeated = (key: string, values: ByPerson) =>
  repeats(values).map(({ key: index, first, value }) => ({
    path: [...where(index), key],
    message: `\`${value}\` is that of ${first === 0 ? "cvat.superuser" : `cvat.users[${first - 1}]`} already; give each its own`,
  }));
