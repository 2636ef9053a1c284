/**
 * What the stand-in holds to, by the line of facts/cvat-rest-measured.md (third: of cvat-real-third-look.md) that it was measured at, or the file
 * of CVAT's source (cvat/apps, at v2.64.0) that it was read in. Each has its test in test/unit/cvat-standin.test.ts, which fails for a
 * row without one. What concerns data, annotations, work on them and backups is in behaviours-data.ts, behaviours-annotations.ts,
 * behaviours-work.ts and behaviours-backup.ts; rows there that begin with `inferred` were not seen of CVAT.
 */
export const BEHAVIOURS = {
  "0.1": "talks in application/vnd.cvat+json only, and answers 406 to application/json alone",
  "0.2": "takes JSON under its plain name, and answers 415 to its own type",
  "0.3": "answers 404, an HTML page, to a slash at the end, but for a task's data",
  "0.4": "ignores a filter it does not know",
  "0.5": "takes any number of projects and storages of one name",
  "1.1": "says its version without a token, and refuses a dead one even there",
  "1.2": "says which of its parts do not work",
  "1.4": "gives the same 400 for a wrong password, an unknown user and one who is switched off",
  "1.5": "asks a session for its CSRF token, at sign-in too",
  "1.6": "takes the login key as Token or Basic, not as Bearer, and says who is switched off",
  "1.7": "has one key a user, dead everywhere once he signs out",
  "third 2.1": "makes access tokens, told once, read-only unless asked otherwise, which their owner sees and revokes",
  "third 2.4":
    "leaves login key and access tokens to who gets another password, and everything to who is switched on again",
  "2.1": "keeps slugs unique, at most 16 characters, case by case",
  "2.2": "hides a foreign organization by number and forbids it as context",
  "2.4": "refuses two contexts that differ",
  "2.5": "lists all contexts without one, and one's own space with an empty one",
  "2.7": "invites by e-mail, half-makes a user for an unknown one, and needs a context",
  "2.8": "finds a member by user name and changes his role",
  "2.9": "leaves an organization's storages to their owners",
  "3.2": "refuses a storage in plain text: keys, bucket, lengths, characters, what is missing",
  "3.3": "fails on a prefix with a slash before it or two in it",
  "3.5": "never shows keys",
  "3.6": "finds storages by exact name, and refuses a term it does not know",
  "3.7": "refuses a changed storage in JSON",
  "3.8": "keeps the key that a change leaves out, and tries both on the bucket",
  "3.10": "takes manifests away that a change leaves out",
  "3.12": "says whether a bucket is there",
  "3.14": "removes a storage that is in use without a word",
  "4.1": "makes projects with labels",
  "4.2": "refuses labels of one name and storages that are not there",
  "4.4": "refuses a task with labels and a project",
  "4.5": "takes a task's pictures from a folder of a bucket, by a request",
  "4.7": "fails the request of a missing file",
  "4.8": "needs a quality, and takes data once",
  "4.11": "knows a request by its id, encoded or not",
  "4.13": "adds up the files of a task, and fails on one that comes again",
  "7.1": "gives 10 a page unless asked for more",
  "7.2": "compares exactly, by parameter and by JSON filter",
  "7.4": "turns an address away that calls too often without a token",
  "webhooks/models.py": "takes webhooks of one kind any number of times, and fails on one without its organization",
  "webhooks/serializers.py":
    "refuses a webhook's address, events and lengths, keeps its type, and never shows its secret",
  "webhooks/rules/webhooks.rego": "lets an organization's maintainers make and change webhooks, and no worker",
  "lambda_manager/views.py":
    "lists the functions that Nuclio has, leaves out what it cannot read, and fails on the rest",
  "rest_framework/fields.py":
    "takes the blanks off the ends of texts, and refuses null, nothing, and what is no text or no yes or no",
  "engine/serializers.py":
    "asks a change too which kind of bucket has a dot, refuses a wrong prefix in it in JSON, and names the bucket of a missing file",
  "engine/permissions.py": "changes projects, tasks and jobs by the fields it knows, and refuses any other",
  "engine/signals.py": "gives an administrator access to analytics, and never takes it back",
  "engine/rules/cloudstorages.rego":
    "lets maintainers alone make an organization's storages, and no worker of the group any",
  "organizations/views.py": "names an organization after its slug where it is given none",
  "organizations/rules/organizations.rego": "lets no worker of the group make an organization",
  "organizations/rules/invitations.rego":
    "lets owners and maintainers invite, a superuser whomever he likes, and nobody else",
  "organizations/rules/memberships.rego": "leaves owners to superusers, and the rest to owners and maintainers",
  "iam/serializers.py": "signs people in by their name in any letters, and fails on a password with a blank at an end",
  "8.1": "shows all users to an administrator, and a lone user himself",
} as const;
