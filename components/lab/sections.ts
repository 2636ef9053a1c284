import type * as z from "zod";
import { backupConfig } from "../backup/backup-section.ts";
import { chartsConfig } from "../charts/charts-config.ts";
import { clearmlConfig } from "../clearml/clearml-section.ts";
import { clusterConfig } from "./cluster-config.ts";
import { imagesConfig } from "../images/images-config.ts";
import { cvatConfig } from "../cvat/cvat-section.ts";
import { discoveryConfig } from "../discovery/discovery-section.ts";
import { functionsConfig } from "../nuclio/functions-section.ts";
import { networkConfig } from "../network/network-config.ts";
import { rehearsalConfig } from "./rehearsal-config.ts";
import { ssoConfig } from "../sso/sso-section.ts";
import { objectStoreConfig } from "../storage/object-store-section.ts";
import { traefikConfig } from "../traefik/traefik-config.ts";

/** The project's name in Pulumi.yaml, and so the prefix of every key in a stack file. */
export const PROJECT = "vision-platform";

/** Every section of a stack file, each with the schema that lies beside its component. A section left out takes its defaults. */
export const SECTIONS = {
  cluster: clusterConfig.prefault({}).describe("The K3s cluster everything goes to."),
  charts: chartsConfig.prefault({}).describe("Which Helm charts are installed."),
  traefik: traefikConfig.prefault({}).describe("Traefik, which K3s brings along: the way to CVAT from outside."),
  objectStore: objectStoreConfig
    .optional()
    .describe(
      "MinIO: its buckets, and a user for each application. Left out, CVAT reaches no store on private addresses.",
    ),
  cvat: cvatConfig.prefault({}).describe("CVAT: annotation, with Nuclio for automatic annotation and analytics."),
  sso: ssoConfig
    .optional()
    .describe("Sign-in to CVAT by an issuer of OpenID Connect, such as Keycloak. Left out: by CVAT's own passwords."),
  discovery: discoveryConfig
    .optional()
    .describe(
      "What the platform around the lab learns of CVAT: where it is, what it depends on, and a token for notebooks. Left out: nothing.",
    ),
  functions: functionsConfig.prefault({}).describe("Functions of Nuclio that annotate in CVAT, by name."),
  clearml: clearmlConfig.prefault({}).describe("ClearML: experiments, training and artifacts."),
  backup: backupConfig
    .optional()
    .describe("Backups of CVAT's projects and of databases, in a bucket of their own. Left out: none are made."),
  images: imagesConfig.prefault({}).describe("Where images are pulled from, and what verbs run in the cluster."),
  network: networkConfig.prefault({}).describe("Who of the lab may call whom: NetworkPolicies."),
  rehearsal: rehearsalConfig
    .prefault({})
    .describe("What a rehearsal cannot know of your cluster. `preview` and `up` make nothing of it."),
} as const;

export type SectionName = keyof typeof SECTIONS;
export type LabConfig = { [Name in SectionName]: z.output<(typeof SECTIONS)[Name]> };
