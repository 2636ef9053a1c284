/** What kinds share that stand for nothing outside of the state: there is nothing to look at, and nothing to remove. */
export const IN_STATE_ALONE = {
  read: <Outs>(id: string, outs: Outs): Promise<{ id: string; outs: Outs }> => Promise.resolve({ id, outs }),
  delete: (): Promise<void> => Promise.resolve(),
};
