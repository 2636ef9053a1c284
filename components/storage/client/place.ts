/** Where a MinIO is, and as whom to ask it: what a provider of the plugin is configured with. Holds a secret. */
export interface Place {
  /** `127.0.0.1:9000`. */
  server: string;
  tls: boolean;
  region: string;
  user: string;
  password: string;
  /** Certificates of a private authority, PEM, trusted besides the public ones. */
  ca?: string | undefined;
  /** Name or address of whom it shows a certificate, where that is not `server`: behind a port-forward. Default: `server`. */
  servername?: string | undefined;
}

/** The place by the inputs of a provider, as the SDK writes them: booleans are texts. */
export function placeOf(provider: Readonly<Record<string, unknown>>): Place {
  const text = (key: string) => (typeof provider[key] === "string" ? provider[key] : "");
  return {
    server: text("minioServer"),
    tls: text("minioSsl") === "true",
    region: text("minioRegion") || "us-east-1",
    user: text("minioUser"),
    password: text("minioPassword"),
  };
}

/** `http://127.0.0.1:9000`. */
export function urlOf({ server, tls }: Pick<Place, "server" | "tls">): string {
  return `${tls ? "https" : "http"}://${server}`;
}
