/** Where a variable of a container comes from: a text, or a key of a Secret. */
export type Variable = string | { secret: string; key: string };

/** Variables as a container has them. */
export const variablesOf = (environment: Readonly<Record<string, Variable>>) =>
  Object.entries(environment).map(([name, from]) =>
    typeof from === "string"
      ? { name, value: from }
      : { name, valueFrom: { secretKeyRef: { name: from.secret, key: from.key } } },
  );
