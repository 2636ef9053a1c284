/** An answer of Keycloak's that is an error. The admin API says `errorMessage` or `error`, OAuth `error` with a description. */
export class Refusal extends Error {
  readonly status: number;
  readonly body: Readonly<Record<string, string>>;

  constructor(status: number, body: Readonly<Record<string, string>>) {
    super(JSON.stringify(body));
    this.status = status;
    this.body = body;
  }
}

export const notFound = (what: string) => new Refusal(404, { error: what });
export const forbidden = () => new Refusal(403, { error: "HTTP 403 Forbidden" });
export const oauth = (status: number, error: string, error_description: string) =>
  new Refusal(status, { error, error_description });
