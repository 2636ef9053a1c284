import * as pulumi from "@pulumi/pulumi";

/**
 * The provider of generated texts and of REST records, to be handed to the topmost component. The engine makes a default one of its own
 * where this is missing, puts the whole stack configuration into it, and so shows it as changed whenever any key changes.
 */
export class DynamicProvider extends pulumi.ProviderResource {
  constructor(name: string, opts?: pulumi.ResourceOptions) {
    super("pulumi-nodejs", name, {}, opts);
  }
}
