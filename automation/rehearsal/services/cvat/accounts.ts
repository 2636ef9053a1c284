import { randomBytes } from "node:crypto";
import { detail, errorPage, json, refuse, Refusal, type Answer } from "./answers.ts";
import type { Asked, Route } from "./asked.ts";
import { hashed, isPassword, notSignedIn } from "./auth.ts";
import { isEmail } from "./django.ts";
import { textField } from "./fields.ts";
import { registrationOf } from "./registration.ts";
import type { StoredUser } from "./store.ts";

const REQUIRED = "This field is required.";

/** What people do about their own accounts: registration, and passwords that are reset or changed. */
export const ACCOUNT_ROUTES: readonly Route[] = [
  {
    path: /^auth\/register$/,
    open: true,
    methods: {
      // Closed by dj-rest-auth's own setting, an administrator still gets through. (cvat-real-second-look.md 1)
      POST: async (asked) => {
        const user = asked.user as StoredUser | undefined;
        if ((await stateOf(asked)) === "closed" && user?.is_staff !== true)
          throw user ? detail(403, "You do not have permission to perform this action.") : notSignedIn();
        return register(asked);
      },
    },
  },
  { path: /^auth\/password\/reset$/, open: true, methods: { POST: (asked) => reset(asked, ["email"]) } },
  {
    path: /^auth\/password\/reset\/confirm$/,
    open: true,
    methods: { POST: (asked) => reset(asked, ["new_password1", "new_password2", "uid", "token"]) },
  },
  {
    path: /^auth\/password\/change$/,
    methods: {
      // A wrong old one is told by its field; a token does not count. (8.2, 1.9)
      POST: ({ user, token, body }) => {
        if (token) throw notSignedIn();
        checkFields(body, ["old_password", "new_password1", "new_password2"]);
        if (!isPassword(user, String(body["old_password"])))
          throw refuse(400, { old_password: ["Your old password was entered incorrectly. Please enter it again."] });
        user.password = hashed(String(body["new_password1"]));
        return json(200, { detail: "New password has been saved." });
      },
    },
  },
];

/** A server whose settings cannot be read does not come up: whoever stands before it says so. */
async function stateOf({ config, opened }: Asked): Promise<"open" | "closed"> {
  const state = opened ? "open" : await registrationOf(config);
  if (state === "broken") throw new Refusal(errorPage(503, "Service Temporarily Unavailable"));
  return state;
}

/** An account for whoever asks; signed in at once. (1.10) */
function register({ state, store, body }: Asked): Answer {
  checkFields(body, ["username", "password1", "password2"]);
  const free = { optional: true, blank: true };
  const username = textField(body, "username", { max: 150 }) ?? "";
  const email = textField(body, "email", { max: 254, ...free }) ?? "";
  if (username.length < 5) throw refuse(400, { username: ["Ensure this field has at least 5 characters."] });
  if (state.users.some((one) => one.username === username))
    throw refuse(400, { username: ["A user with that username already exists."] });
  if (email !== "" && !isEmail(email)) throw refuse(400, { email: ["Enter a valid email address."] });
  if (email !== "" && state.users.some((one) => one.email.toLowerCase() === email.toLowerCase()))
    throw refuse(400, ["A user is already registered with this e-mail address."]);
  if (body["password1"] !== body["password2"])
    throw refuse(400, { non_field_errors: ["The two password fields didn't match."] });
  const names = {
    first_name: textField(body, "first_name", { max: 150, ...free }) ?? "",
    last_name: textField(body, "last_name", { max: 150, ...free }) ?? "",
  };
  const key = randomBytes(20).toString("hex");
  state.users.push({
    id: store.next("users"),
    ...{ username, email, ...names, password: hashed(String(body["password1"])) },
    ...{ is_superuser: false, is_staff: false, is_active: true, groups: ["user"] },
    ...{ date_joined: new Date().toISOString(), token: key, ours: false },
  });
  return json(201, { username, email, ...names, email_verification_required: false, key });
}

/** Without a mail server nothing can be sent, and CVAT fails. (cvat-rest-measured.md 8.2) */
async function reset(asked: Asked, fields: readonly string[]): Promise<Answer> {
  if ((await stateOf(asked)) === "closed") throw detail(403, "Passwords are reset by whoever runs this CVAT.");
  checkFields(asked.body, fields);
  throw new Refusal(errorPage(500, "Server Error (500)"));
}

function checkFields(body: Record<string, unknown>, fields: readonly string[]): void {
  const missing = fields.filter((field) => body[field] === undefined);
  if (missing.length > 0) throw refuse(400, Object.fromEntries(missing.map((field) => [field, [REQUIRED]])));
}
