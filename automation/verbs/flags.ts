/** What every verb about a stack takes. */
export interface StackFlags {
  stack: string;
  /** Where Pulumi.yaml and the stack file lie. */
  folder: string;
  json?: true;
}

/** What every verb about the data of a lab takes besides. (automation/data/connect/lab.ts) */
export interface DataStackFlags extends StackFlags {
  as?: string;
  org?: string;
}
