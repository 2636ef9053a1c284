/**
 * Chart values the escape hatch may not set: laid over ours they would bring back published logins, open the sign-in, or contradict a key
 * that is checked. Each with what to do instead.
 */
export const OWNED_VALUES: readonly { path: readonly string[]; cure: string }[] = [
  { path: ["clearml", "existingSecret"], cure: "its Secret holds every credential of the server" },
  { path: ["clearml", "cookieName"], cure: "API and file server must agree on it" },
  { path: ["apiserver", "existingAdditionalConfigsSecret"], cure: "its Secret holds the users; set users" },
  { path: ["apiserver", "existingAdditionalConfigsConfigMap"], cure: "it would replace the users; set users" },
  {
    path: ["apiserver", "additionalConfigs"],
    cure: "it would end in a plain ConfigMap; set users, or environment.apiserver",
  },
  { path: ["apiserver", "extraEnvs"], cure: "set environment.apiserver" },
  { path: ["fileserver", "extraEnvs"], cure: "set environment.fileserver" },
  { path: ["webserver", "extraEnvs"], cure: "set environment.webserver" },
  { path: ["apiserver", "service"], cure: "set addresses.api and port" },
  { path: ["fileserver", "service"], cure: "set addresses.files and port" },
  { path: ["webserver", "service"], cure: "set addresses.web and port" },
  { path: ["elasticsearch", "esJavaOpts"], cure: "set elasticsearch.heap" },
  { path: ["elasticsearch", "resources"], cure: "set resources.elasticsearch" },
  { path: ["elasticsearch", "tests"], cure: "its test has a random name, which would show as a change for ever" },
];
