import * as pulumi from "@pulumi/pulumi";

// The errors a program ends with, for a person to read: the engine shows no stack trace of them, and they have none.
//
// The SDK hands every error of a program to Node's `util.inspect`, in colours, and Node 20 walks for ever over a frame that ends in
// `/node_modules/@pulumi/resource.ts`, which is how source maps name the SDK's own: 30 s and 3 GB, until the text is too long
// (`markNodeModules`; measured with Node 20.20 and @pulumi/pulumi 3.246, gone in Node 24). With a stack, the broken stack file of
// test/rehearsal/refused.test.ts runs into it under Pulumi's own command line.

/** What is wrong with the stack, or with what it needs. */
export class RunError extends pulumi.RunError {
  constructor(message: string) {
    super(message);
    this.stack = "";
  }
}

/** What went wrong with one resource, which the engine names beside it. */
export class ResourceError extends pulumi.ResourceError {
  constructor(message: string, resource: pulumi.Resource) {
    super(message, resource, true);
    this.stack = "";
  }
}
