/** So much of something, that works side by side share. */
export interface Budget {
  /** Does work that needs so much of it, when there is as much: in the order of asking. More than all of it is all of it. */
  spend<T>(amount: number, work: () => Promise<T>): Promise<T>;
}

export function budgetOf(all: number): Budget {
  let left = all;
  const waiting: { amount: number; go: () => void }[] = [];
  const next = () => {
    while (waiting[0] !== undefined && waiting[0].amount <= left) {
      left -= waiting[0].amount;
      waiting.shift()?.go();
    }
  };
  return {
    async spend(wanted, work) {
      const amount = Math.min(wanted, all);
      await new Promise<void>((go) => {
        waiting.push({ amount, go });
        next();
      });
      try {
        return await work();
      } finally {
        left += amount;
        next();
      }
    },
  };
}
