import { UserError } from "../../components/program/errors.ts";
import { Unreached, type ApiRequest, type Send } from "../../components/kubernetes/api-server.ts";
import type { JsonPatch } from "../../components/kubernetes/field-manager.ts";
import { patiently } from "../../components/rest/patience.ts";

const WITHIN_MS = 30_000;
const MERGE_PATCH = { "content-type": "application/merge-patch+json" };
const JSON_PATCH = { "content-type": "application/json-patch+json" };

/** How often what changes nothing is asked: an API server that is begun anew takes half a minute. */
const PATIENT = 8;
const LONGEST_PAUSE_MS = 10_000;

export interface AskedOptions {
  /** What the kubeconfig's user must have rights on, in words. */
  rights: string;
  /** Ends the waits between two tries. Default: nothing does. */
  signal?: AbortSignal;
}

/** The API server, as far as backups need it. What changes nothing is asked again where it may pass. */
export class Asked {
  readonly #send: Send;
  readonly #options: AskedOptions;

  constructor(send: Send, options: AskedOptions) {
    this.#send = send;
    this.#options = options;
  }

  /** Undefined where there is none. @throws UserError where the API server refuses or does not answer */
  async get<T>(path: string): Promise<T | undefined> {
    const answer = await this.#text({ method: "GET", path }, PATIENT);
    return answer === undefined ? undefined : (JSON.parse(answer) as T);
  }

  async log(path: string): Promise<string> {
    return (await this.#text({ method: "GET", path }, PATIENT, [400, 404])) ?? "";
  }

  /** What was made. */
  async post<T>(path: string, body: object): Promise<T> {
    return JSON.parse((await this.#text({ method: "POST", path, body }, 1, [])) ?? "") as T;
  }

  async patch(path: string, body: object): Promise<void> {
    await this.#text({ method: "PATCH", path, body, headers: MERGE_PATCH }, PATIENT, []);
  }

  /** @returns false where somebody changed it since it was read */
  async patchRead(path: string, body: JsonPatch): Promise<boolean> {
    return (await this.#text({ method: "PATCH", path, body, headers: JSON_PATCH }, PATIENT, [409, 422])) !== undefined;
  }

  async remove(path: string): Promise<void> {
    await this.#text({ method: "DELETE", path, body: { propagationPolicy: "Background" } }, PATIENT);
  }

  async #text(request: Omit<ApiRequest, "timeoutMs">, attempts: number, none = [404]): Promise<string | undefined> {
    const ask = async () => {
      const { status, text } = await this.#send({ ...request, timeoutMs: WITHIN_MS });
      if (none.includes(status)) return undefined;
      if (status < 300) return text;
      throw new Unreached(`the API server answers ${status} to ${request.method} ${request.path}: ${said(text)}`, {
        status,
      });
    };
    try {
      return await patiently(ask, {
        attempts,
        ...{ firstPauseMs: 300, longestPauseMs: LONGEST_PAUSE_MS, signal: this.#options.signal },
        mayPass: (error) => error instanceof Unreached && (error.status === undefined || error.status >= 500),
      });
    } catch (error) {
      if (!(error instanceof Unreached)) throw error;
      const rights =
        error.status === 403 ? ` The kubeconfig's user needs rights on ${this.#options.rights} there.` : "";
      throw new UserError(`${error.message[0]?.toUpperCase() ?? ""}${error.message.slice(1)}.${rights}`, {
        cause: error,
      });
    }
  }
}

function said(text: string): string {
  try {
    return (JSON.parse(text) as { message?: string }).message ?? text;
  } catch {
    return text;
  }
}
