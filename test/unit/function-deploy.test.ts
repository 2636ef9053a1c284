import { expect, it } from "vitest";
import { UserError } from "../../components/program/errors.ts";
import { wholeUpFirst } from "../../automation/functions/whole-up-first.ts";

// Pulumi 3.246, of a function that waits for a gate which a lab of an older version has not.
const BY_THE_ENGINE =
  "lab, Function yolo11x: Resource 'urn:pulumi:lab::vision-platform::vision-platform:nuclio:Function::nuclio-yolo11x' depends on 'urn:pulumi:lab::vision-platform::vision-platform:readiness:Gate::cvat-ready' which was was not specified in --target list.";

it("a function that is deployed by itself into a lab of an older version is told to run up first", () => {
  const error = wholeUpFirst(new UserError(BY_THE_ENGINE), "homelab");
  expect(error).toBeInstanceOf(UserError);
  expect((error as UserError).message).toMatch(/^The lab is not yet .* up --stack homelab$/);
});

it("any other error of it stays what it is", () => {
  const error = new UserError("the image cannot be pulled");
  expect(wholeUpFirst(error, "homelab")).toBe(error);
});
