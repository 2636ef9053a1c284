/** Whose words a message is in: by it the same words, such as "connection refused", have another cure. */
export type Speaker = "engine" | "kubernetes" | "minio" | "record";

/** What is said, and what a person can do. */
interface Cure {
  /** Who says it. Left out: the words are unmistakable. */
  of?: Speaker;
  pattern: RegExp;
  cure: string;
}

const KUBECONFIG =
  "Check that vision-platform:cluster.kubeconfig and its context reach the API server: kubectl get nodes.";

/** Of a state that is kept in a bucket. Tried against MinIO of 2026-02. (pull-requests.md, 6) */
const STORE_OF_STATE: readonly Cure[] = [
  {
    of: "engine",
    pattern: /operation error S3: .*NoSuchBucket/,
    cure: "The engine makes no bucket for its state: make it (mc mb STORE/BUCKET), or correct its name in PULUMI_BACKEND_URL.",
  },
  {
    of: "engine",
    pattern: /operation error S3: .*(SignatureDoesNotMatch|InvalidAccessKeyId)/,
    cure: "The store of the state does not accept these keys: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY to those of a user that may use the bucket.",
  },
  {
    of: "engine",
    pattern: /operation error S3: .*AccessDenied/,
    cure: "The store of the state knows these keys and does not let them: its policy must allow s3:ListBucket on the bucket, and s3:GetObject, s3:PutObject and s3:DeleteObject on what is in it.",
  },
  {
    of: "engine",
    pattern: /operation error S3: .*(get credentials|no EC2 IMDS role)/,
    cure: "The engine found no keys for the store of the state: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.",
  },
  {
    of: "engine",
    pattern: /operation error S3: .*no such host/,
    cure: "Where that name begins with the bucket's, the store has no host for each bucket: add &s3ForcePathStyle=true to PULUMI_BACKEND_URL. Else correct its endpoint.",
  },
  {
    of: "engine",
    pattern: /operation error S3: .*server gave HTTP response to HTTPS client/,
    cure: "The store of the state does not speak HTTPS: write endpoint=http://HOST:PORT in PULUMI_BACKEND_URL.",
  },
  {
    of: "engine",
    pattern: /operation error S3: .*x509:/,
    cure: "This machine must trust the certificate of the store of the state: name the certificate of its authority in AWS_CA_BUNDLE.",
  },
  {
    of: "engine",
    pattern: /operation error S3: /,
    cure: "The store of the state does not answer as it should: see that it runs, and that endpoint in PULUMI_BACKEND_URL reaches it.",
  },
  {
    of: "engine",
    pattern: /unable to open bucket s3:.*(unknown query parameter|invalid value)/,
    cure: "PULUMI_BACKEND_URL takes endpoint, region, s3ForcePathStyle, disableSSL and profile behind the bucket's name.",
  },
];

const CURES: readonly Cure[] = [
  ...STORE_OF_STATE,
  {
    pattern: /can not be less than|Forbidden: field can not be less/,
    cure: "A claim cannot shrink. Set its size in the stack file back to at least what it has.",
  },
  {
    pattern: /Apply failed with \d+ conflicts?/,
    cure: "Another program set these fields. Run up with --force once to take them over.",
  },
  {
    pattern: /no matches for kind/,
    cure: "The cluster does not know this kind: install what brings its definition first (Traefik's come with K3s).",
  },
  {
    pattern: /field is immutable|updates to statefulset spec for fields other than/,
    cure: "This field never changes once it is there. If the old object is still being deleted, run up again; else delete the object (its claims stay) and run up.",
  },
  {
    of: "kubernetes",
    pattern: / is invalid: /,
    cure: "The chart, or values laid over it in the stack file, make an object that the API server refuses: mend them, or take another version of the chart.",
  },
  {
    pattern: /is forbidden: User /,
    cure: "The kubeconfig's user may not do this: take one that is cluster-admin.",
  },
  {
    pattern: /stack is currently locked/,
    cure: "Another run is at work on this stack, or one was killed. If none is, run: pulumi cancel",
  },
  {
    of: "engine",
    pattern: /no space left on device|disk quota exceeded/,
    cure: "Make room where the state is kept, then run the same again. The state is whole: the engine writes it anew beside the old one.",
  },
  {
    of: "engine",
    pattern: /failed to load checkpoint: EOF/,
    cure: "An engine was killed while it wrote its notes beside the state, which itself is whole. Any up removes them, and so does: npm run platform -- recover",
  },
  {
    of: "engine",
    pattern: /parsing plugin options for '[^']*': no folder at path/,
    cure: "It is named under plugins.providers in Pulumi.yaml, relative to that file. In a folder of your own, write the path of the checkout's `provider` folder there.",
  },
  { pattern: /configured Kubernetes cluster is unreachable/, cure: KUBECONFIG },
  {
    of: "kubernetes",
    pattern: /connection refused|no such host|i\/o timeout|x509:|Unauthorized|client to provide credentials/,
    cure: KUBECONFIG,
  },
  {
    of: "minio",
    pattern:
      /signature we calculated|Access Key Id you provided|InvalidAccessKeyId|SignatureDoesNotMatch|Access ?Denied/,
    cure: "Give the keys of the store's administrator: pulumi config set --path --secret 'vision-platform:objectStore.credentials.secretKey' (and accessKey).",
  },
  {
    of: "minio",
    pattern: /AuthorizationHeaderMalformed|region '[^']*' is wrong/,
    cure: "Set vision-platform:objectStore.region to the region of the store.",
  },
  {
    of: "minio",
    pattern: /x509:|tls:|server gave HTTP response to HTTPS client|malformed HTTP response/,
    cure: "vision-platform:objectStore.tls must say whether the store speaks HTTPS, and this machine must trust its certificate.",
  },
  {
    of: "minio",
    pattern:
      /connection refused|no such host|timeout|no route to host|connection reset|\bEOF\b|50[234] |Service Unavailable/,
    cure: "The object store stopped answering in the middle of the run. See that MinIO runs and that vision-platform:objectStore.endpoint, or .address, reaches it; then run the same again.",
  },
  {
    of: "minio",
    pattern: /bucket already exists/,
    cure: "Somebody made it meanwhile: run up again, which takes over a bucket that is there.",
  },
  {
    pattern: /incorrect passphrase|passphrase must be set/,
    cure: "Set PULUMI_CONFIG_PASSPHRASE, or PULUMI_CONFIG_PASSPHRASE_FILE, to this stack's passphrase.",
  },
  {
    pattern: /PULUMI_ACCESS_TOKEN must be set|unable to open bucket/,
    cure: "Say where the state is kept, in a folder that is there: export PULUMI_BACKEND_URL=file://$HOME/vision-platform-state, or pulumi login.",
  },
];

/** The cure for a message, where one is known. What names a key of the stack file itself says there what to do. */
export function cureFor(message: string, speaker: Speaker): string | undefined {
  if (speaker === "record" || /\bvision-platform:[a-z]/i.test(message)) return undefined;
  return CURES.find(({ of, pattern }) => (of === undefined || of === speaker) && pattern.test(message))?.cure;
}
