import type { Fix } from "../../charts/fixes.ts";
import { containersOf, initContainersOf, podTemplate } from "../../charts/pods.ts";
import { AUTHORITY_FILE, authorityVolume } from "../../storage/authority.ts";
import { isTier } from "./objects.ts";

const VARIABLE = "AWS_CA_BUNDLE";
const VOLUME = "authorities";
const FOLDER = "/etc/vision-platform/authorities";
const BUNDLE = `${FOLDER}/bundle.crt`;
const BEFORE = "object-store-ca";

/**
 * Has CVAT trust the store's private authority besides the public ones: other cloud storages have certificates of those, and the file that
 * AWS_CA_BUNDLE names counts instead of botocore's own. So the two are put together before the server and each worker start.
 */
export const storeAuthority = (configMap: string): Fix => ({
  id: "object-store-ca",
  why: "CVAT's S3 client knows public authorities alone, so a store with a certificate of the lab's own is `not found`.",
  source:
    "botocore 1.44: configprovider.py (ca_bundle), httpsession.py (where); cvat/apps/engine/cloud_provider.py, AWS_S3",
  matches: (object) => object.kind === "Deployment" && isTier(object, "backend"),
  stillNeeded: (object) => !initContainersOf(object).some(({ name }) => name === BEFORE),
  apply: (object) => {
    const pod = podTemplate(object)?.spec;
    const [first] = containersOf(object);
    if (!pod || !first) return;
    const authority = authorityVolume(configMap);
    const bundle = { name: VOLUME, mountPath: FOLDER };
    pod.volumes = [...(pod.volumes ?? []), authority.volume, { name: VOLUME, emptyDir: {} }];
    pod.initContainers = [
      ...(pod.initContainers ?? []),
      {
        name: BEFORE,
        image: first.image,
        imagePullPolicy: first.imagePullPolicy,
        command: ["/bin/sh", "-ec"],
        args: [
          `cat "$(python3 -c 'from botocore.httpsession import where; print(where())')" ${AUTHORITY_FILE} > ${BUNDLE}`,
        ],
        volumeMounts: [authority.mount, bundle],
        ...(first.securityContext && { securityContext: first.securityContext }),
      },
    ];
    for (const container of containersOf(object)) {
      // One of the user's own (cvat.env) counts.
      if (container.env?.some(({ name }) => name === VARIABLE)) continue;
      container.env = [...(container.env ?? []), { name: VARIABLE, value: BUNDLE }];
      container.volumeMounts = [...(container.volumeMounts ?? []), { ...bundle, readOnly: true }];
    }
  },
});
