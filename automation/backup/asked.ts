import { UserError } from "../../../components/program/errors.ts";
import { Unreached, type ApiRequest, type Send } from "../../../components/kubernetes/api-server.ts";
import { patiently } from "../../../components/rest/patience.ts";

const WITHIN_MS = 30_000;
const MERGE_PATCH = { "content-type": "application/merge-patch+json" };

/** The API server, as far as a restore needs it. What changes nothing is asked again where it may pass. */
export class Asked {
  readonly #send: Send;

  constructor(send: Send) {
    this.#send = send;
  }

  /** Undefined where there is none. @throws UserError where the API server refuses or does not answer */
  async get<T>(path: string): Promise<T | undefined> {
    const answer = await this.#text({ method: "GET", path }, 5);
    return answer === undefined ? undefined : (JSON.parse(answer) as T);
  }

  async log(path: string): Promise<string> {
    return (await this.#text({ method: "GET", path }, 5, [400, 404])) ?? "";
  }

  /** What was made. */
  async post<T>(path: string, body: object): Promise<T> {
    return JSON.parse((await this.#text({ method: "POST", path, body }, 1, [])) ?? "") as T;
  }

  async patch(path: string, body: object): Promise<void> {
    await this.#text({ method: "PATCH", path, body, headers: MERGE_PATCH }, 5, []);
  }

  async remove(path: string, propagationPolicy = "Background"): Promise<void> {
    await this.#text({ method: "DELETE", path, body: { propagationPolicy } }, 5);
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
        firstPauseMs: 300,
        mayPass: (error) => error instanceof Unreached && (error.status === undefined || error.status >= 500),
      });
    } catch (error) {
      if (!(error instanceof Unreached)) throw error;
      const rights =
        error.status === 403
          ? " The kubeconfig's user needs rights on jobs, pods and their logs, secrets, deployments and statefulsets there."
          : "";
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
