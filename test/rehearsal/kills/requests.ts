/**
 * By which requests each type of resource is made or changed, of those that a system behind a proxy keeps. By the engine's events alone it is not
 * seen when the system has done it.
 */
export const REQUESTS: Readonly<Record<string, RegExp>> = {
  "kubernetes:apps/v1:Deployment": /^(PATCH|POST) \/apis\/apps\/v1\/namespaces\/[^/]+\/deployments/,
  "kubernetes:apps/v1:StatefulSet": /^(PATCH|POST) \/apis\/apps\/v1\/namespaces\/[^/]+\/statefulsets/,
  "kubernetes:batch/v1:Job": /^(PATCH|POST) \/apis\/batch\/v1\/namespaces\/[^/]+\/jobs/,
  "kubernetes:core/v1:ConfigMap": /^(PATCH|POST) \/api\/v1\/namespaces\/[^/]+\/configmaps/,
  "kubernetes:core/v1:Namespace": /^(PATCH|POST) \/api\/v1\/namespaces(\/[^/]+)?(\?|$)/,
  "kubernetes:core/v1:PersistentVolumeClaim": /^(PATCH|POST) \/api\/v1\/namespaces\/[^/]+\/persistentvolumeclaims/,
  "kubernetes:core/v1:PersistentVolumeClaimPatch": /^PATCH \/api\/v1\/namespaces\/[^/]+\/persistentvolumeclaims/,
  "kubernetes:core/v1:Secret": /^(PATCH|POST) \/api\/v1\/namespaces\/[^/]+\/secrets/,
  "kubernetes:core/v1:Service": /^(PATCH|POST) \/api\/v1\/namespaces\/[^/]+\/services/,
  "kubernetes:core/v1:ServiceAccount": /^(PATCH|POST) \/api\/v1\/namespaces\/[^/]+\/serviceaccounts/,
  "kubernetes:networking.k8s.io/v1:Ingress":
    /^(PATCH|POST) \/apis\/networking.k8s.io\/v1\/namespaces\/[^/]+\/ingresses/,
  "kubernetes:rbac.authorization.k8s.io/v1:Role":
    /^(PATCH|POST) \/apis\/rbac.authorization.k8s.io\/v1\/namespaces\/[^/]+\/roles/,
  "minio:index/s3Bucket:S3Bucket": /^PUT \/[a-z]+\/?$/,
  "minio:index/s3BucketVersioning:S3BucketVersioning": /^PUT \/[a-z]+\/?\?versioning/,
  "minio:index/ilmPolicy:IlmPolicy": /^PUT \/[a-z]+\/?\?lifecycle/,
  "minio:index/iamUser:IamUser": /^PUT \/minio\/admin\/v\d\/add-user/,
  "minio:index/iamPolicy:IamPolicy": /^PUT \/minio\/admin\/v\d\/add-canned-policy/,
  "minio:index/iamUserPolicyAttachment:IamUserPolicyAttachment":
    /^(PUT|POST) \/minio\/admin\/v\d\/(set-user-or-group-policy|idp\/builtin\/policy\/attach)/,
  "vision-platform:clearml:ApiKeys": /^POST \/auth\.create_credentials/,
  "vision-platform:clearml:Queue": /^POST \/queues\.create/,
  "vision-platform:cvat:Organization": /^POST \/api\/organizations/,
  "vision-platform:cvat:Membership": /^POST \/api\/invitations/,
  "vision-platform:cvat:CloudStorage": /^POST \/api\/cloudstorages/,
  "vision-platform:nuclio:Function": /^(POST|PUT) \/api\/v1\/namespaces\/cvat\/services\/[^/]+\/proxy\/api\/functions/,
  "vision-platform:nuclio:Project": /^POST \/api\/v1\/namespaces\/cvat\/services\/[^/]+\/proxy\/api\/projects/,
};
