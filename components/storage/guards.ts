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
const ORDERED = "test/unit/storage-order.test.ts";
const REGISTERED = "test/unit/storage-component.test.ts";

/** Guards against faults of @pulumi/minio 0.17.1. */
export const STORE_GUARDS: readonly Guard[] = [
  {
    id: "refresh-unreachable",
    why: "A refresh while MinIO is down, or refuses the credentials, takes every bucket out of state; the next up fails.",
    how: "runEngine asks the store of the state, with its credentials, before it reads what is there (lookBeforeRead).",
    source: "plugins.md 0.1, 0.2, 3b, 3c",
    test: `${REHEARSED}: hinders a refresh, and a look that changes nothing, by what is in state`,
  },
  {
    id: "up-unreachable",
    why: "The plugin gives up at the first bucket, with users half made, and waits a minute on a server that hangs.",
    how: "lookAtStore asks the store before the program registers anything.",
    source: "plugins.md 3h",
    test: `${REHEARSED}: hinders up before anything is done, and loses nothing from state`,
  },
  {
    id: "destroy-unreachable",
    why: "A destroy while MinIO is down, or refuses the credentials in state, fails at the users when most of the lab is gone.",
    how: "runEngine asks the store of the state, with its credentials, before it destroys or plans to (lookBeforeDestroy).",
    source: "plugins-second-look.md",
    test: `${REHEARSED}: hinders destroy before anything is done, by what is in state`,
  },
  {
    id: "gone",
    why: "A bucket, user or policy that was removed by hand is unchanged to the engine for ever, and changing or removing such a user fails.",
    how: "lookAtStore compares the store with the state, and a record on which all of the store depends makes again what is missing.",
    source: "plugins.md 3i, plugins-second-look.md",
    test: `${REHEARSED}: makes again in one up what was removed by hand`,
  },
  {
    id: "another-store",
    why: "An endpoint that is another store is an update of the provider alone: buckets and users are taken for there.",
    how: "The record keeps the deployment's id, and lookAtStore refuses another until the stack file means it.",
    source: "plugins-second-look.md",
    test: `${REHEARSED}: refuses another store until it is meant`,
  },
  {
    id: "one-setting-at-a-time",
    why: "Of versioning and lifecycle of one bucket, set at the same time, MinIO loses one and answers 200 to both.",
    how: "The lifecycle depends on the versioning, which depends on the bucket.",
    source: "plugins-second-look.md (33 and 23 of 200 pairs)",
    test: `${ORDERED}: sets the rules of a bucket when its versioning is set`,
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
    id: "derived-keys",
    why: "Access keys and temporary keys that were made with a user's key go on when it changes; temporary ones come back with a user of that name.",
    how: "A record makes a user whose key changed anew, and ends the temporary keys of who goes and who comes, before anybody gets the new key.",
    source: "measured with MinIO 2026-02-12; cmd/iam-store.go: DeleteUser, RevokeTokens",
    test: `${REHEARSED}: gives a user another secret key, and the old one opens nothing, nor does what was made with it`,
  },
  {
    id: "explicit-provider",
    why: "What a provider leaves out comes from MINIO_ENDPOINT, MINIO_USER and their like, which may name another server.",
    how: "A provider of our own with every field, its keys marked as secret: as plain text they lie open in state.",
    source: "pulumi.md 7, plugins.md 3f",
    test: `${REGISTERED}: explicit-provider`,
  },
];
