import * as z from "zod";
import { imageReference } from "../images/reference.ts";
import { certificates } from "../schema/certificates.ts";
import { httpOrigin, ingressHost } from "../schema/hosts.ts";
import { resources } from "../schema/pods.ts";
import { bytes, secretText, sizeWhere, spanWhere, timeSpan } from "../schema/values.ts";
import { httpsAddress } from "./addresses.ts";
import { keycloakConfig } from "./keycloak/keycloak-config.ts";
import { PROXY_IMAGE, SESSIONS_IMAGE } from "./images.ts";

/** A group as the issuer's token has it. The proxy and CVAT compare it letter by letter: a pattern would be a group nobody is in. */
const group = z
  .string()
  .min(1)
  .max(255)
  .refine(
    (text) => !/[*?]/.test(text),
    "must be one group by its whole name: neither the proxy nor CVAT knows patterns; list each group",
  );

/** What CVAT lets somebody do as a whole: its own three groups. (cvat/apps/iam, settings/base.py: IAM_ROLES) */
const ROLES = ["admin", "user", "worker"] as const;

/** What it lets a member do. An organization's owner stays the superuser, by whom the lab makes it. */
const MEMBER_ROLES = ["maintainer", "supervisor", "worker"] as const;

const meaning = z.strictObject({
  superuser: z
    .boolean()
    .default(false)
    .describe("Whether they are administrators of CVAT, its own pages included. Instead of `role`."),
  role: z
    .enum(ROLES)
    .optional()
    .describe(
      "What they may do in CVAT as a whole: `worker` only works on what is assigned, `user` makes projects too, `admin` may do everything. Default: worker.",
    ),
  organizations: z
    .record(z.string().min(1), z.enum(MEMBER_ROLES, "must be maintainer, supervisor or worker: the superuser owns it"))
    .default({})
    .describe("Organizations of `cvat.organizations` they are members of, by slug, each with their role there."),
});

/** What a token's `scope` may have. (RFC 6749, 3.3) */
const scope = z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]+$/, "must be one word, such as openid");

const HOUR_MS = 3_600_000;

/** Schema of `vision-platform:sso` without the rules across its keys. */
export const ssoSettings = z.strictObject({
  issuer: httpsAddress
    .refine(
      (text) => !/\/\.well-known(\/|$)/.test(text),
      "must be the issuer itself: leave out /.well-known and what follows",
    )
    .describe(
      "Address of the issuer of tokens, exactly as its discovery document (ISSUER/.well-known/openid-configuration) writes it under `issuer`: people's browsers, the proxy and CVAT call it by this name.",
    )
    .meta({ examples: ["https://auth.example.com/realms/lab"] }),
  issuerCa: certificates
    .optional()
    .describe(
      "Certificates of the private authority that signed the issuer's, as PEM. No secret. The proxy, CVAT and `up` trust it for the issuer, besides the public ones; people's browsers have to trust it themselves. Default: none, the issuer's certificate is of a public authority.",
    ),
  provider: z
    .enum(["keycloak", "oidc"])
    .optional()
    .describe(
      "What the issuer is. Of Keycloak the addresses for sign-out and inside the cluster are known. Default: keycloak where the issuer's path has /realms/NAME, else oidc.",
    ),
  client: z
    .strictObject({
      id: z
        .string()
        .regex(/^[\x21-\x7e]{1,255}$/, "must be up to 255 printable letters without blanks")
        .default("cvat")
        .describe("Its name there (client_id), which every token has as its audience."),
    })
    .prefault({})
    .describe(
      "The client that people sign in by. Its redirect address is https://CVAT/oauth2/callback; it asks with PKCE (S256) and needs the issuer to put groups into the ID token.",
    ),
  allowedGroups: z
    .array(group)
    .min(1)
    .describe("Groups whose members may sign in, each with its meaning in `groups`. Nobody else gets in.")
    .meta({ examples: [["/annotators"]] }),
  groupsClaim: z
    .string()
    .regex(/^[A-Za-z0-9_:/.-]{1,255}$/, "must be the name of a claim, such as groups")
    .default("groups")
    .describe("Claim of the ID token that has a person's groups."),
  scopes: z
    .array(scope)
    .default(["openid", "email", "profile"])
    .describe(
      "What is asked of the issuer, said outright: with allowed groups the proxy alone would ask for a scope `groups`, which Keycloak refuses to everybody. Authentik and Dex put groups into the token for `groups`, or `profile`.",
    ),
  groups: z
    .record(group, meaning)
    .refine((groups) => Object.keys(groups).length > 0, "must give a group its meaning")
    .describe("What a group means in CVAT. Groups that are not here mean nothing there.")
    .meta({ examples: [{ "/annotators": { role: "worker", organizations: { lab: "worker" } } }] }),
  users: z
    .strictObject({
      create: z
        .boolean()
        .default(true)
        .describe("Whether who signs in for the first time gets an account in CVAT. Else he needs one before."),
      linkByEmail: z
        .boolean()
        .default(false)
        .describe(
          "Whether who signs in for the first time takes over the account that has his e-mail address, where the issuer says that it is verified.",
        ),
      unseen: z
        .literal("never")
        .or(timeSpan)
        .default("336h")
        .describe(
          "After how long without a sign-in somebody's login key and access tokens of CVAT end: the proxy turns away who lost his group, and CVAT does not hear of it. `never`: they stay good.",
        ),
    })
    .prefault({})
    .describe("How who signs in becomes a user of CVAT, and how long he stays one."),
  refresh: timeSpan
    .refine(
      spanWhere((span) => span >= 10_000),
      "must be at least 10s: each refresh is a call to the issuer for everybody who works",
    )
    .default("60s")
    .describe(
      "How often the proxy asks the issuer for a new token while somebody works. So long somebody who lost a group, or was switched off at the issuer, still gets in.",
    ),
  tokenLifetime: timeSpan
    .default("5m")
    .describe(
      "How long the issuer's ID tokens are good. Default: Keycloak's own. A stolen token opens CVAT for as long, signed out or not.",
    ),
  sessionLifetime: timeSpan
    .refine(
      spanWhere((span) => span <= 400 * 24 * HOUR_MS),
      "must be at most 400 days, as long as browsers keep a cookie",
    )
    .default("12h")
    .describe("After how long everybody signs in again."),
  passwordLogin: z
    .boolean()
    .default(false)
    .describe(
      "Whether CVAT's own login stays open to everybody. The superuser (`cvat.superuser`) may use it in any case, so that there is a way in when the issuer is down.",
    ),
  backchannelLogout: z
    .boolean()
    .default(false)
    .describe(
      "Whether CVAT takes the issuer's word that a session ended (OpenID Connect Back-Channel Logout), and refuses its tokens from then on.",
    ),
  signOutUrl: z
    .literal("")
    .or(httpsAddress)
    .default("")
    .describe(
      "Where the issuer ends a session: `end_session_endpoint` of its discovery document. Default: Keycloak's own; of other issuers none, and signing out leaves their session open.",
    )
    .meta({ examples: ["https://auth.example.com/application/o/cvat/end-session/"] }),
  tokenHost: z
    .literal("")
    .or(ingressHost)
    .default("")
    .describe(
      "A second host name, for programs that come with a token of CVAT's. Empty: they use CVAT's own, and are told by the form of their Authorization header.",
    ),
  internalIssuer: z
    .literal("")
    .or(httpOrigin)
    .default("")
    .describe(
      "Where pods reach a Keycloak whose public name does not lead to it from inside the cluster. Tokens still name `issuer`. Keycloak only, whose paths are known.",
    )
    .meta({ examples: ["http://keycloak.keycloak.svc:8080"] }),
  proxy: z
    .strictObject({
      replicas: z.int().min(1).max(10).default(1).describe("Number of pods."),
      image: imageReference.default(PROXY_IMAGE).describe("Image of OAuth2 Proxy, with its tag."),
      trustedProxies: z
        .array(
          z
            .cidrv4("must be a range such as 10.42.0.0/16")
            .refine((range) => !range.endsWith("/0"), "is everybody; name the range of the edge's pods"),
        )
        .min(1, "must have a range: with none the proxy believes everybody")
        .default(["10.42.0.0/16"])
        .describe(
          "Where the pods of the edge (Traefik) call from: what others say of the address that was asked for is not believed. Default: K3s's range of pods.",
        ),
      resources: resources
        .prefault({ requests: { cpu: "50m", memory: "64Mi" }, limits: { memory: "256Mi" } })
        .describe("Requests and limits."),
    })
    .prefault({})
    .describe("OAuth2 Proxy, which signs people in and holds their tokens."),
  sessions: z
    .strictObject({
      image: imageReference.default(SESSIONS_IMAGE).describe("Image of Redis, with its tag."),
      memory: bytes
        .refine(
          sizeWhere((size) => size >= 16 * 2 ** 20),
          "must be at least 16Mi",
        )
        .default("64Mi")
        .describe(
          "What sessions may take, about 10 KiB for each person. Where that is not enough, those used longest ago go, and their people sign in again.",
        ),
      resources: resources
        .optional()
        .describe("Requests and limits. Default: twice `memory`, which is what Redis may need for as much."),
    })
    .prefault({})
    .describe("A Redis of its own for the sessions, in memory alone: when it starts anew, everybody signs in again."),
  rotation: z
    .int()
    .min(0)
    .default(0)
    .describe(
      "Counted up, the next `up` makes the secrets of sign-in anew (key of the cookies, password of the sessions, with `keycloak` the client's), and everybody signs in again.",
    ),
  keycloak: keycloakConfig
    .optional()
    .describe(
      "With it, `up` makes the client in the realm itself, keeps it as it must be and gives it its secret. Without, somebody makes it there by hand, and its secret is given here.",
    ),
  secrets: z
    .strictObject({
      client: secretText()
        .optional()
        .describe("The client's secret, as the issuer has it. Default: with `keycloak`, one is made and given to it."),
      keycloak: secretText()
        .optional()
        .describe("Secret of `keycloak.adminClient`, by whose account the client is kept."),
    })
    .prefault({})
    .describe("Secrets that the issuer has, too."),
});

/** What a stack says of sign-in. */
export type SsoConfig = z.output<typeof ssoSettings>;
