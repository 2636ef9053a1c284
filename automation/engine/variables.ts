/** Does `work` with more variables in an environment that others hold too. */
export async function withVariables<T>(
  variables: Record<string, string>,
  more: Readonly<Record<string, string>>,
  work: () => Promise<T>,
): Promise<T> {
  const before = { ...variables };
  Object.assign(variables, more);
  try {
    return await work();
  } finally {
    for (const name of Object.keys(more)) {
      const value = before[name];
      if (value === undefined) Reflect.deleteProperty(variables, name);
      else variables[name] = value;
    }
  }
}
