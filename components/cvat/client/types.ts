/** What CVAT answers, as far as it is used here. (cvat-rest-measured.md) */

export interface User {
  id: number;
  username: string;
  email: string;
  is_active: boolean;
  is_superuser: boolean;
}

export interface Contact {
  email?: string;
  phoneNumber?: string;
  location?: string;
}

export interface Organization {
  id: number;
  slug: string;
  name: string;
  description: string;
  contact: Contact;
  /** Null: his account was deleted. */
  owner: { id: number; username: string } | null;
}

/** A role inside an organization that a person can be given. */
export type MemberRole = "worker" | "supervisor" | "maintainer";

export interface Membership {
  id: number;
  user: { id: number; username: string };
  organization: number;
  is_active: boolean;
  role: MemberRole | "owner";
}

export interface CloudStorage {
  id: number;
  provider_type: string;
  resource: string;
  display_name: string;
  description: string;
  credentials_type: string;
  /** Query string: `region=…&prefix=…&endpoint_url=…`. */
  specific_attributes: string;
  manifests: string[];
  /** Null in somebody's own space. */
  organization: number | null;
  owner: { id: number; username: string } | null;
}

/** A webhook, without its secret: CVAT never shows that. */
export interface Webhook {
  id: number;
  type: "organization" | "project";
  target_url: string;
  description: string;
  /** Sorted. */
  events: string[];
  enable_ssl: boolean;
  is_active: boolean;
}

/** Where exports go or imports come from. */
export interface StorageReference {
  location: "local" | "cloud_storage";
  cloud_storage_id: number | null;
}

export interface Project {
  id: number;
  name: string;
  owner: { id: number; username: string } | null;
  assignee: { id: number; username: string } | null;
  /** Null in somebody's own space. */
  organization: number | null;
  source_storage: StorageReference | null;
  target_storage: StorageReference | null;
  created_date: string;
  updated_date: string;
}

export interface Task extends Project {
  /** Number of frames. Left out while the task has no data. */
  size?: number;
  /** The storage its pictures are read from. Left out while the task has no data, and always by 2.39. */
  data_cloud_storage_id?: number | null;
  project_id: number | null;
  /** `annotation` for pictures, `interpolation` for a film, "" while there is no data. */
  mode: "" | "annotation" | "interpolation";
  status: "annotation" | "validation" | "completed";
  /** "" for none. */
  subset: string;
  image_quality?: number;
  segment_size: number;
  jobs: { count: number; completed: number; validation: number };
}

export type JobState = "new" | "in progress" | "rejected" | "completed";
export type JobStage = "annotation" | "validation" | "acceptance";

/** A range of a task's frames, for one person. */
export interface Job {
  id: number;
  task_id: number;
  project_id: number | null;
  type: "annotation" | "ground_truth" | "consensus_replica";
  assignee: { id: number; username: string } | null;
  state: JobState;
  stage: JobStage;
  start_frame: number;
  stop_frame: number;
  frame_count: number;
  updated_date: string;
}

export interface LabelAttribute {
  id: number;
  name: string;
  mutable: boolean;
  input_type: "select" | "radio" | "checkbox" | "number" | "text";
  default_value: string;
  values: string[];
}

/** A label of a project, or of a task that is in none. A skeleton has labels of its own. */
export interface Label {
  id: number;
  name: string;
  /** `#rrggbb` */
  color: string;
  type: string;
  attributes: LabelAttribute[];
  sublabels: Label[];
  svg?: string;
  /** Null for all but the labels of a skeleton. */
  parent_id: number | null;
}

/** A long-running request, by the id that the call which started it gave. */
export interface Request {
  id: string;
  status: "queued" | "started" | "finished" | "failed";
  /** What it is at, or the traceback of its failure. */
  message: string;
  /** `create:task`, `import:annotations`, `export:dataset`, … */
  operation?: { type: string };
  started_date?: string | null;
  result_id: number | null;
  result_url: string | null;
}
