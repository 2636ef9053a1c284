import { expect, it } from "vitest";
import { BEHAVIOURS as CLEARML } from "../../automation/rehearsal/services/clearml/behaviours.ts";
import { BEHAVIOURS as KEYCLOAK } from "../../automation/rehearsal/services/keycloak/behaviours.ts";
import { BEHAVIOURS as NUCLIO } from "../../automation/rehearsal/services/nuclio/behaviours.ts";

/** `measured on 1.14.1`, `read at server 2.0.0`; or that there is nothing real to copy. */
const REAL = /^((measured|read) (on|at) .*\d+\.\d+|of no )/;

it.each([
  ["Nuclio", NUCLIO],
  ["ClearML", CLEARML],
  ["Keycloak", KEYCLOAK],
])(
  "the stand-in for %s says of each answer where it is known from, and which real release was seen or read",
  (_, rows) => {
    expect(rows.filter(({ source, real }) => source === "" || !REAL.test(real)).map(({ what }) => what)).toEqual([]);
    expect(new Set(rows.map(({ what }) => what)).size).toBe(rows.length);
  },
);
