/** A resource as the last run of a stack left it. */
export interface StateResource {
  urn: string;
  type: string;
  /** Secrets are in clear. */
  outputs: Readonly<Record<string, unknown>>;
}
