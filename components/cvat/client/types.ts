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
  source_storage: StorageReference | null;
  target_storage: StorageReference | null;
}

export interface Task extends Project {
  /** Number of pictures. Left out while the task has no data. */
  size?: number;
  /** The storage its pictures are read from. Left out while the task has no data, and always by 2.39. */
  data_cloud_storage_id?: number | null;
}

/** A long-running request, by the id that the call which started it gave. */
export interface Request {
  id: string;
  status: "queued" | "started" | "finished" | "failed";
  message: string;
  result_id: number | null;
  result_url: string | null;
}
