import { UserError } from "../../components/program/errors.ts";
import { artifacts } from "./forms.ts";
import type { Repository } from "./repository.ts";

/**
 * The one file that a run has left under this name: it was uploaded as it is (`archive: false`), so nothing is unpacked and no path in it can
 * lead anywhere. Its content is whatever the run's code has put there. `undefined`: the run has left none, or it is past its time.
 * @param limit bytes; more are not read
 * @throws UserError where it is larger, is an archive, or cannot be read
 */
export async function artifactOf(
  repository: Repository,
  run: number,
  name: string,
  limit: number,
): Promise<Buffer | undefined> {
  const list = await repository.ask(
    `/actions/runs/${run}/artifacts?per_page=100&name=${encodeURIComponent(name)}`,
    artifacts,
  );
  const [newest] = (list?.artifacts ?? [])
    .filter((one) => one.name === name && !one.expired)
    .sort((a, b) => b.id - a.id);
  if (!newest) return undefined;
  if (newest.size_in_bytes > limit)
    throw new UserError(
      `The artifact ${name} of run ${run} has ${newest.size_in_bytes} bytes; at most ${limit} are taken.`,
    );
  const bytes = await repository.bytes(`/actions/artifacts/${newest.id}/zip`, limit);
  // A host that archives all the same, or a run that has put an archive in its place: there is no telling what is in it.
  if (bytes.subarray(0, 2).toString("latin1") === "PK")
    throw new UserError(`The artifact ${name} of run ${run} is an archive, where the file itself is expected.`);
  return bytes;
}
