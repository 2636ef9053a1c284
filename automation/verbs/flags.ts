/** What every verb about a stack takes. */
export interface StackFlags {
  stack: string;
  /** Where Pulumi.yaml and the stack file lie. */
  folder: string;
  json?: true;
}
