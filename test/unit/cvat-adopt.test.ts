import { expect, it } from "vitest";
import { adoptOrCreate } from "../../components/cvat/records/adopt.ts";

it("notes a record that it made though CVAT fails at the second look", async () => {
  let looks = 0;
  const made = await adoptOrCreate({
    find: () => (++looks === 1 ? Promise.resolve([]) : Promise.reject(new Error("CVAT answers 502"))),
    post: () => Promise.resolve({ id: 7 }),
    remove: () => Promise.reject(new Error("nothing is to be removed")),
  });
  expect(made).toEqual({ record: { id: 7 }, adopted: false });
});
