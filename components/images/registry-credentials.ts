import * as pulumi from "@pulumi/pulumi";
import { namesDockerHub } from "./reference.ts";

/** What Docker's and kaniko's clients look Docker Hub's credentials up by. (nuclio.md section 4) */
const DOCKER_HUB_KEY = "https://index.docker.io/v1/";

/** The key of a registry's credentials: its host, but for Docker Hub. */
export function registryKey(url: string): string {
  const host = url.split("/")[0] ?? url;
  return namesDockerHub({ registry: host }) ? DOCKER_HUB_KEY : host;
}

/** Content of a Secret of type kubernetes.io/dockerconfigjson. */
export function registryCredentials(
  url: string,
  username: string,
  password: pulumi.Input<string>,
): pulumi.Output<string> {
  return pulumi.secret(password).apply((clear) => {
    const auth = Buffer.from(`${username}:${clear}`, "utf8").toString("base64");
    return JSON.stringify({ auths: { [registryKey(url)]: { username, password: clear, auth } } });
  });
}
