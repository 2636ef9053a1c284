import * as pulumi from "@pulumi/pulumi";
import { FORMER_PACKAGE, formerTypeOf, PACKAGE, typeOf, type Token } from "./tokens.ts";

/**
 * Our own provider, to be handed to the topmost component. Always this one: a default one would take every key of the stack file, which
 * begin with its name, for its configuration.
 */
export class OwnProvider extends pulumi.ProviderResource {
  constructor(name: string, opts?: pulumi.ResourceOptions) {
    super(PACKAGE, name, {}, { ...opts, aliases: [{ type: `pulumi:providers:${FORMER_PACKAGE}` }] });
  }
}

/** A resource of our own provider. */
export class OwnResource extends pulumi.CustomResource {
  /**
   * @param outs outputs it has beside its inputs
   */
  constructor(
    name: string,
    token: Token,
    inputs: pulumi.Inputs,
    outs: readonly string[] = [],
    opts?: pulumi.CustomResourceOptions,
  ) {
    const learned = Object.fromEntries(outs.map((key) => [key, undefined]));
    // Until 2026-12 these were dynamic resources of the SDK, whose functions stood as text in the state.
    const aliases = [{ type: formerTypeOf(token) }];
    super(typeOf(token), name, { ...learned, ...inputs }, pulumi.mergeOptions(opts, { aliases }));
  }

  /** An input or an output by its name. */
  output<T>(key: string): pulumi.Output<T> {
    return (this as unknown as Record<string, pulumi.Output<T>>)[key] as pulumi.Output<T>;
  }
}
