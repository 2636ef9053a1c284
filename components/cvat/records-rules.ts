import { listedTwice, repeats, type Found, type SectionRule } from "../schema/section-rules.ts";
import type { CvatConfig } from "./cvat-config.ts";
import { projectProblems } from "./projects/project-config.ts";
import { webhookProblems } from "./webhook-config.ts";

type RecordsSection = Pick<CvatConfig, "organizations" | "cloudStorages" | "projects" | "superuser">;

/** What no two records may share, and what must be there for them. */
export const RECORDS_RULES: readonly SectionRule<RecordsSection>[] = [
  {
    reads: ["organizations"],
    problems: ({ organizations }) =>
      repeats(organizations.map(({ slug }, index) => [index, slug] as const)).map(({ key, first, value }) => ({
        path: ["organizations", key, "slug"],
        message: `\`${value}\` is that of cvat.organizations[${first}] already; give each its own`,
      })),
  },
  {
    reads: ["organizations", "superuser"],
    problems: ({ organizations, superuser }) =>
      organizations.flatMap(({ members, webhooks }, index) => [
        ...memberProblems(members, ["organizations", index, "members"], superuser.username),
        ...webhookProblems(webhooks, ["organizations", index, "webhooks"]),
      ]),
  },
  {
    reads: ["organizations", "cloudStorages"],
    problems: ({ organizations, cloudStorages = [] }) => [
      ...repeats(
        cloudStorages.map(
          ({ name, organization = organizations[0]?.slug ?? "" }, index) => [index, `${organization}/${name}`] as const,
        ),
      ).map(({ key, first }) => ({
        path: ["cloudStorages", key, "name"],
        message: `is that of cvat.cloudStorages[${first}] in the same organization; give each its own`,
      })),
      ...cloudStorages.flatMap(({ organization, role, external, manifests }, index): Found[] => [
        ...listedTwice(manifests, ["cloudStorages", index, "manifests"]),
        ...(organization === undefined || organization === "" || organizations.some(({ slug }) => slug === organization)
          ? []
          : [
              {
                path: ["cloudStorages", index, "organization"],
                message: `names \`${organization}\`, which is not in cvat.organizations`,
              },
            ]),
        ...((role === undefined) === (external === undefined)
          ? [{ path: ["cloudStorages", index], message: "needs either `role` or `external`, and one of them only" }]
          : []),
      ]),
    ],
  },
  {
    reads: ["organizations", "projects"],
    problems: ({ organizations, projects }) => [
      ...repeats(
        projects.map(
          ({ name, organization = organizations[0]?.slug ?? "" }, index) => [index, `${organization}/${name}`] as const,
        ),
      ).map(({ key, first }) => ({
        path: ["projects", key, "name"],
        message: `is that of cvat.projects[${first}] in the same organization; give each its own`,
      })),
      ...projects.flatMap((project, index): Found[] => [
        ...projectProblems(project, ["projects", index]),
        ...(project.organization === undefined ||
        project.organization === "" ||
        organizations.some(({ slug }) => slug === project.organization)
          ? []
          : [
              {
                path: ["projects", index, "organization"],
                message: `names \`${project.organization}\`, which is not in cvat.organizations`,
              },
            ]),
      ]),
    ],
  },
];

function memberProblems(
  members: readonly { username: string }[],
  path: readonly (string | number)[],
  superuser: string,
): Found[] {
  return [
    ...repeats(members.map(({ username }, index) => [index, username] as const)).map(({ key, value }) => ({
      path: [...path, key, "username"],
      message: `\`${value}\` stands in this list already; take one of them out`,
    })),
    ...members.flatMap(({ username }, index) =>
      username === superuser
        ? [
            {
              path: [...path, index, "username"],
              message: `\`${username}\` owns the organization; take it out of the members`,
            },
          ]
        : [],
    ),
  ];
}
