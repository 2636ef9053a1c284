/** What opens the places that backups are of, and that where they go. Secret as a whole. */
export interface BackupAccess {
  store: {
    /** `http://192.0.2.30:9000`, as pods reach it. */
    endpoint: string;
    region: string;
    bucket: string;
    accessKey: string;
    secretKey: string;
    /** Certificates of its private authority, PEM. */
    ca?: string;
  };
  /** Left out: CVAT is off, or its projects are not backed up. */
  cvat?: {
    /** `http://cvat-backend-service.cvat:8080`, as pods reach it. */
    address: string;
    username: string;
    /** Personal access token of {@link username}. Left out: this CVAT has none, and {@link password} opens it. */
    token?: string;
    /** Password of {@link username}, where there are no tokens. */
    password?: string;
    /** Personal access token of a superuser, for projects outside organizations. */
    sandboxesToken?: string;
    /** Slugs of the organizations that the stack has. */
    organizations: readonly string[];
  };
  /** Where changes are posted to. */
  notifyUrl?: string;
}
