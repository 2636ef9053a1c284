import { Command } from "commander";
import type { BootstrapFlags } from "../verbs/keycloak.ts";
import { stackCommand } from "./common.ts";

/** `keycloak bootstrap`: what an administrator of the realm does once, so that `up` can keep sign-in's client. */
export function keycloakCommand(): Command {
  const bootstrap = stackCommand(
    "bootstrap",
    "make the service account by which up keeps the client of sign-in; the administrator's password comes from the terminal or stdin and is kept nowhere",
    "keycloak bootstrap --admin boot",
  )
    .requiredOption("--admin <username>", "an administrator of Keycloak")
    .option("--admin-realm <realm>", "the realm that the administrator is a user of", "master")
    .option(
      "--output <file>",
      "write the account's secret there, readable by you alone, instead of into the stack file",
    )
    .option("--force", "overwrite the file")
    .option("--groups", "give the roles of sign-in's client to the groups of the same name instead, after up")
    .option("--dry-run", "only say what would be done")
    .action(async (flags: BootstrapFlags) => (await import("../verbs/keycloak.ts")).bootstrap(flags));
  return new Command("keycloak").description("what sign-in needs of Keycloak").addCommand(bootstrap);
}
