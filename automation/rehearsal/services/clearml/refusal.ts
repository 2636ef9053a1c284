/** An answer of ClearML's that is an error: code, subcode and text as in apierrors/errors.conf of clearml-server v2.0.0. */
export class Refusal extends Error {
  readonly code: number;
  readonly subcode: number;

  constructor(code: number, subcode: number, message: string) {
    super(message);
    this.code = code;
    this.subcode = subcode;
  }
}

const rows = {
  malformedPath: [400, 0, "Invalid request path"],
  validation: [400, 12, "Validation error"],
  regex: [400, 21, "Malformed regular expression"],
  user: [400, 300, "Invalid user"],
  userId: [400, 301, "Invalid user id"],
  queueId: [400, 701, "Invalid queue id"],
  queueNotEmpty: [400, 702, "Queue is not empty"],
  notQueued: [400, 703, "Invalid queue id or task not in queue"],
  taskQueued: [400, 706, "Failed adding task to queue since task is already queued"],
  data: [400, 800, "Data validation error"],
  notUnique: [400, 801, "Value combination already exists (unique field already contains this value)"],
  authType: [401, 10, "Unauthorized (bad authentication header type)"],
  noCredentials: [401, 20, "Unauthorized (missing credentials)"],
  credentials: [401, 22, "Unauthorized (invalid credentials)"],
  token: [401, 30, "Invalid token"],
} as const satisfies Record<string, readonly [number, number, string]>;

/** A refusal by its name, with what it is about: `Invalid queue id: id=1`. */
export function refuse(name: keyof typeof rows, about = ""): Refusal {
  const [code, subcode, text] = rows[name];
  return new Refusal(code, subcode, about === "" ? text : `${text}${about.startsWith("(") ? " " : ": "}${about}`);
}
