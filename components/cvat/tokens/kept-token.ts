import * as pulumi from "@pulumi/pulumi";
import { OwnResource } from "../../records/resource.ts";
import type { Connection } from "../client/connection.ts";
import type { KeptTokenConfig } from "./token-config.ts";

export interface KeptTokenArgs {
  /** As whose it is. */
  owner: pulumi.Input<Connection>;
  /** As a superuser. */
  administrator: pulumi.Input<Connection>;
  /** Name of the token in CVAT, of at most 50 characters; no other token of the stack has it. */
  tokenName: string;
  token: Omit<KeptTokenConfig, "user">;
}

/**
 * A personal access token that is made once, renewed in time, made anew when it is gone, and taken back when the record goes: at destroy too,
 * while CVAT's database stays.
 * @param opts `dependsOn` CVAT, so that it still answers when the token is taken back
 * @returns what a program shows
 */
export function keptToken(
  name: string,
  { owner, administrator, tokenName, token }: KeptTokenArgs,
  opts: pulumi.CustomResourceOptions,
): pulumi.Output<string> {
  const { readOnly, days, renewBefore, rotation } = token;
  const record = new OwnResource(
    name,
    "cvat:AccessToken",
    {
      connection: pulumi.secret(owner),
      administrator: pulumi.secret(administrator),
      ...{ name: tokenName, readOnly, days, renewBefore, rotation },
    },
    ["tokenId", "created", "value", "expires", "drift"],
    opts,
  );
  return pulumi.secret(record.output<string>("value"));
}
