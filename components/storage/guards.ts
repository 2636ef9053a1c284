/** A fault of the plugin for MinIO that we design around, and how. */
export interface Guard {
  id: string;
  /** What goes wrong without it. */
  why: string;
  /** What is done instead, and where. */
  how: string;
  source: string;
  /** The test that fails without it. */
  test: string;
}

const REHEARSED = "test/rehearsal/storage.test.ts";
const REGISTERED = "test/unit/storage-component.test.ts";

/** Guards against faults of @pulumi/minio 0.17.1. */
export const STORE_GUARDS: readonly Guard[] = [
  {
    id: "refresh-unreachable",
    why: "A refresh while MinIO is down, or refuses the credentials, takes every bucket out of state; the next up fails.",
    how: "runEngine asks the store before it refreshes (assertStoreAnswers), and refreshes with the program.",
    source: "plugins.md 0.1, 0.2, 3b, 3c",
    test: `${REHEARSED}: hinders a refresh, by the check that verbs make`,
  },
  {
    id: "up-unreachable",
    why: "The plugin gives up at the first bucket, with users half made, and waits a minute on a server that hangs.",
    how: "existingBuckets asks the store before the program registers anything.",
    source: "plugins.md 3h",
    test: `${REHEARSED}: hinders up before anything is done, and loses nothing from state`,
  },
  {
    id: "import-existing",
    why: "Making a bucket that exists fails, and importing one that does not exist fails too.",
    how: "A bucket is imported when, and only when, the store has it.",
    source: "plugins.md 3a",
    test: `${REHEARSED}: makes buckets and users, and takes over the bucket that is there`,
  },
  {
    id: "bucket-taken",
    why: "A bucket that these credentials may not use fails in the middle of an up.",
    how: "askStore asks for each bucket by name and refuses with the key.",
    source: "plugins.md 3a",
    test: `${REHEARSED}: names the key of a bucket that somebody else has`,
  },
  {
    id: "no-force-destroy",
    why: "On a user it deletes the user at any update; on a bucket it deletes every object.",
    how: "It is never set; buckets and their versioning are retained.",
    source: "plugins.md 3e, 3g",
    test: `${REGISTERED}: no-force-destroy, no-update-secret`,
  },
  {
    id: "no-update-secret",
    why: "It makes another secret key at every update, which nobody is told.",
    how: "The secret key is a generated text of ours and an input of the user.",
    source: "pulumi.md 7.10",
    test: `${REGISTERED}: no-force-destroy, no-update-secret`,
  },
  {
    id: "explicit-provider",
    why: "What a provider leaves out comes from MINIO_ENDPOINT, MINIO_USER and their like, which may name another server.",
    how: "A provider of our own with every field, its keys marked as secret: as plain text they lie open in state.",
    source: "pulumi.md 7, plugins.md 3f",
    test: `${REGISTERED}: explicit-provider`,
  },
];
