/**
 * How a person sees what a store of the lab says; of somebody else's, whose it is.
 * @param name of the store's StatefulSet
 * @param key of the stack file, below `vision-platform:`
 */
export const logOf = (
  namespace: string,
  name: string,
  key: string,
  external: { host: string; port: number } | undefined,
): string =>
  external === undefined
    ? `kubectl -n ${namespace} logs statefulset/${name}`
    : `the log of ${external.host}:${external.port}, which somebody else runs (vision-platform:${key}.external)`;
