import { stringify } from "yaml";
import { CHART_OBJECTS } from "../cvat/names.ts";
import { dependenciesOf, hasNuclio, ownServicesOf, type Surroundings } from "./dependencies.ts";
import type { DiscoveryConfig } from "./discovery-config.ts";
import { ACCESS_KEYS, ACCESS_SECRET } from "./names.ts";

/** Where CVAT is. */
export interface Addresses {
  /** Where people come. */
  people: string;
  /** Where programs come with a token. */
  programs: string;
  /** Where people see analytics. Undefined: there is no such page. */
  analytics: string | undefined;
}

export interface ServiceInput {
  config: DiscoveryConfig;
  surroundings: Surroundings;
  addresses: Addresses;
  namespace: string;
  /** Version of CVAT. */
  version: string;
  /** Client that people sign in by. Undefined: they sign in by CVAT's own passwords. */
  oidcClient: string | undefined;
}

/** Key of the ConfigMap. */
const FILE = "service.yaml";

/**
 * The ConfigMap by which the platform knows a service, in the schema that its 30 others have. Nothing in it is secret: anybody who may list
 * ConfigMaps reads it, and shells run its values. (thinkube.md 6)
 */
export function serviceMap(input: ServiceInput) {
  const { config, version } = input;
  const { labelDomain: domain, service, configMapName: name } = config;
  return {
    metadata: {
      name,
      namespace: input.namespace,
      labels: {
        [`${domain}/managed`]: "true",
        [`${domain}/service-type`]: "optional",
        [`${domain}/service-name`]: service.name,
        [`${domain}/component-version`]: version,
      },
    },
    data: { [FILE]: stringify({ service: serviceOf(input) }, { lineWidth: 0 }) },
  };
}

function serviceOf({ config, surroundings, addresses, namespace, version, oidcClient }: ServiceInput) {
  const { name, displayName, description, category, icon } = config.service;
  const { people, programs, analytics } = addresses;
  return {
    name,
    display_name: displayName,
    description,
    type: "optional",
    category,
    icon,
    component_version: version,
    endpoints: [
      {
        name: "dashboard",
        type: "http",
        url: people,
        // Open to everybody, and says whether the databases behind CVAT work. (cvat-rest-measured.md 1.2)
        health_url: `${programs}/api/server/health/?format=json`,
        description: "CVAT's web pages",
        primary: true,
      },
      { name: "api", type: "http", url: `${programs}/api`, description: "CVAT's REST API, by an access token" },
      ...(analytics === undefined
        ? []
        : [{ name: "analytics", type: "http", url: analytics, description: "Grafana, for who is signed in" }]),
    ],
    dependencies: dependenciesOf(config.names, surroundings),
    scaling: {
      resource_type: "deployment",
      resource_name: CHART_OBJECTS.serverDeployment,
      namespace,
      min_replicas: 1,
      // Scaled to nothing by hand, it would run again with the next change of the stack, and its workers would not have stopped.
      can_disable: false,
    },
    metadata: {
      authentication: oidcClient === undefined ? "token" : "jwt_oidc",
      supports_oidc: oidcClient !== undefined,
      ...(oidcClient !== undefined && { oidc_client_id: oidcClient }),
      features: [
        "image annotation",
        "video annotation",
        ...(hasNuclio(surroundings) ? ["automatic annotation"] : []),
        ...(analytics === undefined ? [] : ["analytics"]),
      ],
      own_services: ownServicesOf(surroundings),
    },
    environment_variables: [
      { name: ACCESS_KEYS.host, value: programs },
      ...(config.token === undefined
        ? []
        : [
            {
              name: ACCESS_KEYS.token,
              valueFrom: { secretKeyRef: { namespace, name: ACCESS_SECRET, key: ACCESS_KEYS.token } },
            },
          ]),
    ],
  };
}
