import { z } from "zod";

/** What says that a file is such a plan. */
export const FORMAT = "vision-platform plan";

/** Counted up when a plan of before can no longer be judged: it is refused then. */
export const VERSION = 1;

const text = z.string();
const given = z.record(text, z.unknown());
/** Marks of secrets by the places where they stand. (hmac.ts) */
const marks = z.record(text, text);

const field = z.strictObject({ path: text, before: z.unknown().optional(), after: z.unknown().optional() });

/** What happens to one object. */
const step = z.strictObject({
  urn: text,
  /** `Deployment cvat-backend-server`. */
  object: text,
  system: text,
  /** `same`: nothing but whether it is retained, or whether a value is kept as a secret. */
  operation: z.enum(["create", "update", "replace", "delete", "keep", "import", "same"]),
  /** It is given nothing new but what is known only after up. */
  onlyWaits: z.boolean(),
  /** Properties for which it is replaced. */
  replacedFor: z.array(text),
  /** Of a replacement: the old one goes before the new one is made. */
  deletedFirst: z.boolean(),
  /** Whether what it was stays where it is when it is deleted or replaced. */
  retained: z.boolean(),
  /** The same of what it becomes. Left out: nothing is there afterwards. */
  retainedAfter: z.boolean().optional(),
  /** What differs, by the engine's plugin. */
  fields: z.array(field),
  /** Inputs. Left out: it is made. */
  before: given.optional(),
  /** Inputs. Left out: it goes. */
  after: given.optional(),
  secrets: z.strictObject({ before: marks, after: marks }),
  /** Places in `after` whose values are known only after up: any value there was reviewed. */
  knownAfterUp: z.array(text),
});

/** What a plan was made of. Others of these inform; they are no reason to refuse it. */
const source = z.strictObject({
  /** sha256 of the sources that run. */
  program: text,
  /** Of package.json. */
  version: text,
  /** sha256 of the stack file's values, without its secrets. */
  stackFile: text,
  /** Marks of the stack file's secrets, by key. */
  secrets: marks,
  charts: z.array(z.strictObject({ name: text, version: text, origin: text, digest: text })),
  programs: z.record(text, text),
});

/** Where a plan was made: another of these is another lab. */
const lab = z.strictObject({
  /** UID of the cluster's Namespace kube-system. Left out: it could not be read. */
  cluster: text.optional(),
  /** Of the MinIO. Left out: the lab has none, or it was not looked at. */
  store: text.optional(),
});

export const planSchema = z.strictObject({
  format: z.literal(FORMAT),
  version: z.literal(VERSION),
  stack: text,
  saved: z.strictObject({ at: z.iso.datetime(), by: text, revision: text.optional() }),
  lab,
  /** The engine's state that it is about. */
  state: z.strictObject({ digest: text, written: text.optional() }),
  source,
  /** Sorted by URN. */
  steps: z.array(step),
  unchanged: z.number(),
  /** How many objects of the object store were not looked at. */
  unseen: z.number(),
  /** By which the passphrase makes the key of all marks and of the seal. */
  salt: text,
  /** HMAC over all of the above. */
  seal: text,
});

export type SavedPlan = z.infer<typeof planSchema>;
export type PlannedStep = z.infer<typeof step>;
export type Source = z.infer<typeof source>;
export type Marks = z.infer<typeof marks>;
