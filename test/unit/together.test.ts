import { setTimeout as pause } from "node:timers/promises";
import { expect, it } from "vitest";
import { together } from "../../automation/together.ts";

it("gives what each work gave, in their order", async () => {
  expect(await together([pause(20, "slow"), Promise.resolve(2)])).toEqual(["slow", 2]);
});

it("fails with the first in the list, once all have ended", async () => {
  const ended: string[] = [];
  const work = async (name: string, ms: number) => {
    await pause(ms);
    ended.push(name);
    throw new Error(name);
  };
  await expect(together([work("slow", 30), work("fast", 1), pause(1)])).rejects.toThrow("slow");
  expect(ended).toEqual(["fast", "slow"]);
});
