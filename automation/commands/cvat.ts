import { Command } from "commander";
import type { MakeFlags, RevokeFlags, TokenFlags } from "../verbs/cvat-token.ts";
import { stackCommand } from "./common.ts";

/** `cvat token`: what a person's own scripts sign in to CVAT with. */
export function cvatCommand(): Command {
  const make = ofPerson(
    "make",
    "make an access token for a person's own scripts, in a file",
    "cvat token --for annotator --read-only --output ~/cvat.env",
  )
    .requiredOption("--output <file>", "write it there, readable by you alone")
    .option("--read-only", "it may read, and nothing else")
    .option("--expires <when>", "12h, 90d, 2w, a date such as 2027-01-31, or never (default: 90d)")
    .option("--name <name>", "its name in CVAT, of at most 50 characters (default: this machine's)")
    .option("--force", "overwrite the file")
    .action(async (flags: MakeFlags) => (await work()).makeOne(flags));
  const token = new Command("token")
    .description("what a person's own programs sign in to CVAT with: make one (the default), list, take back")
    .addCommand(make, { isDefault: true })
    .addCommand(
      ofPerson("ls", "the tokens of a person that work", "cvat token ls --for annotator").action(
        async (flags: TokenFlags) => (await work()).list(flags),
      ),
    )
    .addCommand(
      ofPerson(
        "revoke",
        "take a token back; without --yes only say which",
        "cvat token revoke 3 --for annotator --yes 3",
      )
        .argument("<token>", "its number or its name; `login-key` for a CVAT before 2.48")
        .option("--yes <token>", "do it; its number or name once more, so that none goes by mistake")
        .action(async (wanted: string, flags: RevokeFlags) => (await work()).revoke(wanted, flags)),
    );
  return new Command("cvat").description("what people and their programs need to use CVAT").addCommand(token);
}

const work = () => import("../verbs/cvat-token.ts");

function ofPerson(name: string, description: string, example: string): Command {
  return stackCommand(name, description, example).requiredOption(
    "--for <username>",
    "the person: a name of vision-platform:cvat.users, or the superuser's",
  );
}
