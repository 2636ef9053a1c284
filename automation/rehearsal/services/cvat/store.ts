import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
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
  attributes: StoredAttribute[];
  project_id: number | null;
  task_id: number | null;
  /** The skeleton it is a point of. */
  parent_id: number | null;
  svg?: string;
}

export interface StoredAttribute {
  id: number;
  name: string;
  mutable: boolean;
  input_type: string;
  default_value: string;
  values: string[];
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

/** What a task was given to look at; its pictures are a document of their own (`frames`). */
export interface StoredData {
  image_quality: number;
  cloud_storage_id: number | null;
  /** A film is copied into CVAT's own data, and what was uploaded lies there. */
  storage: "cloud_storage" | "local";
  /** Nothing until the pictures are taken in. */
  size: number;
  chunk_size: number;
  start_frame: number;
  stop_frame: number;
  frame_filter: string;
  sorting_method: string;
  deleted_frames: number[];
  mode: "annotation" | "interpolation";
  /** What the film said of itself, where there is one. */
  film?: { name: string; length: number };
}

/** A picture of a task. */
export interface StoredFrame {
  name: string;
  width: number;
  height: number;
}

/** A file that is sent in pieces, as far as not all of it has come. */
export interface StoredUpload {
  /** `1_5f0c…`: the user, and a UUID. */
  id: string;
  /** Null: a backup. */
  task: number | null;
  /** Bytes that are announced. */
  length: number;
  /** Of a picture that becomes the task's own; null: one of annotations. */
  name: string | null;
}

/** A page of words for who annotates, of a project or a task. */
export interface StoredGuide {
  id: number;
  project_id: number | null;
  task_id: number | null;
  markdown: string;
  created_date: string;
  updated_date: string;
}

/** Something that is wrong with a picture, at a place of it. */
export interface StoredIssue {
  id: number;
  job: number;
  frame: number;
  position: number[];
  owner: number;
  assignee: number | null;
  resolved: boolean;
  created_date: string;
  updated_date: string;
}

/** What is said of an issue. */
export interface StoredComment {
  id: number;
  issue: number;
  owner: number;
  message: string;
  created_date: string;
  updated_date: string;
}

/** What somebody did, a row of ClickHouse's table. */
export interface StoredEvent {
  scope: string;
  source: string;
  timestamp: string;
  obj_name?: string;
  obj_id?: number;
  obj_val?: string;
  count?: number;
  duration?: number;
  project_id?: number | null;
  task_id?: number | null;
  job_id?: number | null;
  user_id: number;
  user_name: string;
  user_email: string;
  org_id: number | null;
  org_slug: string | null;
  payload: string;
  access_token_id?: number;
}

export interface StoredTask extends StoredProject {
  project_id: number | null;
  segment_size: number;
  overlap: number | null;
  /** Every file that was ever posted: they add up. */
  posted: string[];
  /** Names of files that were sent, and lie in CVAT's own claim. Default: none were. */
  uploaded?: string[];
  data: StoredData | null;
  subset: string;
  consensus_replicas: number;
}

export type JobType = "annotation" | "ground_truth" | "consensus_replica";

/** A range of a task's pictures, or some of them. */
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
  type: JobType;
  /** Those of a ground-truth job. Default: the range. */
  frames?: number[];
  /** Those of them that do not count. Default: none. */
  disabled?: number[];
  parent_job_id?: number | null;
  /** What a backup says of it, until its state or stage is changed. Default: what they come to. */
  status?: string;
}

export interface StoredRequest {
  id: string;
  status: "queued" | "started" | "finished" | "failed";
  message: string;
  owner: number;
  /** `create:task`, `import:annotations`. */
  type: string;
  target: string;
  task_id: number | null;
  project_id: number | null;
  job_id: number | null;
  format: string | null;
  /** Whether it is a backup that leaves pictures in their bucket. Default: it is not, or no backup. */
  lightweight?: true | null;
  /** What its worker needs to know. */
  parameters: Record<string, unknown>;
  created_date: string;
  started_date: string | null;
  finished_date: string | null;
  result_url: string | null;
  result_id: number | null;
  /** Percent, where CVAT tells it. */
  progress: number;
  /** Its worker died, and left it `started`. */
  left?: boolean;
}

/** What a comparison with a ground-truth job came to; its conflicts are a document of their own. */
export interface StoredReport {
  id: number;
  target: "task" | "job" | "project";
  task_id: number | null;
  job_id: number | null;
  project_id: number | null;
  parent_id: number | null;
  created_date: string;
  /** When what was compared had last changed, and the truth. A project's has neither. */
  target_last_updated: string | null;
  gt_last_updated: string | null;
  summary: Record<string, unknown>;
}

export interface StoredQualitySettings {
  id: number;
  task_id: number;
  iou_threshold: number;
  target_metric: string;
  target_metric_threshold: number;
  max_validations_per_job: number;
}

/** Of a task with replicas. */
export interface StoredConsensusSettings {
  id: number;
  task_id: number;
  iou_threshold: number;
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
  updated_date: string;
  last_used_date: string | null;
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
  guides: StoredGuide[];
  issues: StoredIssue[];
  comments: StoredComment[];
  requests: StoredRequest[];
  uploads: StoredUpload[];
  events: StoredEvent[];
  reports: StoredReport[];
  qualitySettings: StoredQualitySettings[];
  consensusSettings: StoredConsensusSettings[];
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
  guides: [],
  issues: [],
  comments: [],
  requests: [],
  uploads: [],
  events: [],
  reports: [],
  qualitySettings: [],
  consensusSettings: [],
  accessTokens: [],
  sessions: {},
  usersJob: null,
};

/** The state, kept in a file that only its user can read; what is large has a file of its own beside it. */
export class Store {
  readonly state: State;
  readonly #folder: string;
  readonly #documents = new Map<string, unknown>();
  readonly #changed = new Set<string>();

  constructor(folder: string) {
    this.#folder = folder;
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

  /** What is kept under a name; undefined when there is nothing. */
  document(name: string): unknown {
    const file = this.#document(name);
    if (!this.#documents.has(name) && existsSync(file))
      this.#documents.set(name, JSON.parse(readFileSync(file, "utf8")));
    return this.#documents.get(name);
  }

  /** Keeps something under a name; undefined takes it away. */
  keep(name: string, document: unknown): void {
    this.#documents.set(name, document);
    this.#changed.add(name);
  }

  /** A file for what is no JSON: a film, an export. */
  fileFor(name: string): string {
    mkdirSync(path.join(this.#folder, "files"), { recursive: true });
    return path.join(this.#folder, "files", name);
  }

  save(): void {
    // Whoever ended the rehearsal took its folder along.
    if (!existsSync(this.#folder)) return;
    for (const name of this.#changed) this.#saveDocument(name);
    this.#changed.clear();
    write(this.#file, this.state);
  }

  #saveDocument(name: string): void {
    const document = this.#documents.get(name);
    const file = this.#document(name);
    if (document === undefined) rmSync(file, { force: true });
    else write(file, document);
  }

  get #file(): string {
    return path.join(this.#folder, "state.json");
  }

  #document(name: string): string {
    return path.join(this.#folder, `${name}.json`);
  }
}

function write(file: string, content: unknown): void {
  writeFileSync(`${file}.new`, JSON.stringify(content), { mode: 0o600 });
  renameSync(`${file}.new`, file);
}
