import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";

export interface StoredUser {
  id: number;
  username: string;
  email: string;
  first_name: string;
  last_name: string;
  /** `salt:hash`. */
  password: string;
  is_superuser: boolean;
  is_staff: boolean;
  is_active: boolean;
  groups: string[];
  date_joined: string;
  /** The login key; one for each user, and gone when he signs out. */
  token: string | null;
  /** Whether the users Job made him. */
  ours: boolean;
  /** Given to whoever becomes an administrator, and never taken back by CVAT. (cvat/apps/engine/signals.py) */
  has_analytics_access?: boolean;
}

export interface StoredOrganization {
  id: number;
  slug: string;
  name: string;
  description: string;
  contact: Record<string, unknown>;
  /** Null once his account is deleted. */
  owner: number | null;
  created_date: string;
  updated_date: string;
}

export interface StoredMembership {
  id: number;
  user: number;
  organization: number;
  role: string;
  is_active: boolean;
  joined_date: string;
  /** Null for the owner. */
  invitation: string | null;
}

export interface StoredStorage {
  id: number;
  provider_type: string;
  resource: string;
  display_name: string;
  credentials_type: string;
  key: string;
  secret_key: string;
  specific_attributes: string;
  description: string;
  manifests: string[];
  owner: number;
  organization: number | null;
  created_date: string;
  updated_date: string;
}

export interface StoredWebhook {
  id: number;
  type: string;
  target_url: string;
  description: string;
  content_type: string;
  events: string[];
  secret: string;
  enable_ssl: boolean;
  is_active: boolean;
  owner: number;
  organization: number;
  created_date: string;
  updated_date: string;
}

/** `{ id, location, cloud_storage_id }` */
export interface StoredReference {
  id: number;
  location: "local" | "cloud_storage";
  cloud_storage_id: number | null;
}

export interface StoredLabel {
  id: number;
  name: string;
  color: string;
  type: string;
  attributes: unknown[];
  project_id: number | null;
  task_id: number | null;
}

export interface StoredProject {
  id: number;
  name: string;
  owner: number;
  assignee?: number | null;
  organization: number | null;
  bug_tracker: string;
  source_storage: StoredReference | null;
  target_storage: StoredReference | null;
  created_date: string;
  updated_date: string;
}

export interface StoredTask extends StoredProject {
  project_id: number | null;
  segment_size: number;
  /** Keys of the pictures. */
  frames: string[];
  /** Every file that was ever posted: they add up. */
  posted: string[];
  image_quality: number | null;
  data_cloud_storage_id: number | null;
  subset?: string;
}

/** A range of a task's pictures. */
export interface StoredJob {
  id: number;
  task_id: number;
  start_frame: number;
  stop_frame: number;
  assignee: number | null;
  state: string;
  stage: string;
  created_date: string;
  updated_date: string;
}

export interface StoredRequest {
  id: string;
  status: "queued" | "started" | "finished" | "failed";
  message: string;
  owner: number;
  type: string;
  task_id: number | null;
  project_id: number | null;
  created_date: string;
  finished_date: string | null;
}

export interface StoredAccessToken {
  id: number;
  name: string;
  owner: number;
  value: string;
  read_only: boolean;
  revoked: boolean;
  expiry_date: string | null;
  created_date: string;
}

/** Good as long as its user has the password he signed in with. (django.contrib.auth: get_session_auth_hash) */
export interface StoredSession {
  user: number;
  password: string;
}

/** Everything the stand-in remembers. */
export interface State {
  /** The last number given in each list. */
  last: Record<string, number>;
  users: StoredUser[];
  organizations: StoredOrganization[];
  memberships: StoredMembership[];
  storages: StoredStorage[];
  webhooks: StoredWebhook[];
  projects: StoredProject[];
  tasks: StoredTask[];
  jobs: StoredJob[];
  labels: StoredLabel[];
  requests: StoredRequest[];
  accessTokens: StoredAccessToken[];
  /** By their keys. */
  sessions: Record<string, StoredSession>;
  /** The users Job that was carried out last. */
  usersJob: string | null;
}

const EMPTY: State = {
  last: {},
  users: [],
  organizations: [],
  memberships: [],
  storages: [],
  webhooks: [],
  projects: [],
  tasks: [],
  jobs: [],
  labels: [],
  requests: [],
  accessTokens: [],
  sessions: {},
  usersJob: null,
};

/** The state, kept in a file that only its user can read. */
export class Store {
  readonly state: State;
  readonly #file: string;

  constructor(folder: string) {
    this.#file = path.join(folder, "state.json");
    this.state = structuredClone(EMPTY);
    // A rehearsal that was kept may have been made before there was such a list.
    if (existsSync(this.#file)) Object.assign(this.state, JSON.parse(readFileSync(this.#file, "utf8")));
  }

  /** The next number of a list. Numbers of what is gone are not given again. */
  next(list: string): number {
    const number = (this.state.last[list] ?? 0) + 1;
    this.state.last[list] = number;
    return number;
  }

  save(): void {
    writeFileSync(`${this.#file}.new`, JSON.stringify(this.state), { mode: 0o600 });
    renameSync(`${this.#file}.new`, this.#file);
  }
}
