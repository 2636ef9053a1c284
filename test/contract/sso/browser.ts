/** An answer as a browser has it, before it follows anything. */
export interface Answer {
  status: number;
  headers: Headers;
  text: string;
}

/** Where requests for a host go on this machine. */
export type Hosts = Readonly<Record<string, (path: string, init: RequestInit) => Promise<Response>>>;

interface Cookie {
  value: string;
  /** Milliseconds since 1970. Default: it has none. */
  until?: number;
}

/** As much of a browser as signing in needs: cookies by host, redirects, forms. */
export class Browser {
  readonly #hosts: Hosts;
  readonly #jars = new Map<string, Map<string, Cookie>>();
  /** Every `Set-Cookie` so far, whole. */
  readonly setCookies: string[] = [];
  /** What it went through since the last `open`, without queries. */
  way: string[] = [];

  constructor(hosts: Hosts) {
    this.#hosts = hosts;
  }

  /** One request. */
  async ask(address: string, { method = "GET", body, headers = {} }: Asked = {}): Promise<Answer> {
    const { host, pathname, search } = new URL(address);
    const to = this.#hosts[host];
    if (to === undefined) throw new Error(`nobody is ${host} here`);
    const jar = this.#jar(host);
    const cookie = [...jar].map(([name, { value }]) => `${name}=${value}`).join("; ");
    const response = await to(`${pathname}${search}`, {
      method,
      redirect: "manual",
      signal: AbortSignal.timeout(20_000),
      headers: {
        accept: "text/html,application/xhtml+xml,*/*;q=0.8",
        ...(cookie !== "" && { cookie }),
        ...(body !== undefined && { "content-type": "application/x-www-form-urlencoded" }),
        ...headers,
      },
      ...(body !== undefined && { body: new URLSearchParams(body).toString() }),
    });
    for (const line of response.headers.getSetCookie()) this.#keep(jar, line);
    return { status: response.status, headers: response.headers, text: await response.text() };
  }

  /** A page, with all redirects on the way, and with the issuer's form filled in as somebody where it comes up. */
  async open(address: string, as?: string): Promise<Answer & { address: string }> {
    this.way = [];
    let at = address;
    let answer = await this.ask(at);
    for (let step = 0; step < 20; step += 1) {
      this.way.push(new URL(at).pathname);
      const location = answer.headers.get("location");
      const form = /<form[^>]* action="([^"]+)" method="post"/.exec(answer.text)?.[1];
      if (location !== null && answer.status >= 300 && answer.status < 400) {
        at = new URL(location, at).href;
        answer = await this.ask(at);
      } else if (answer.status === 200 && form !== undefined && as !== undefined) {
        at = new URL(form.replaceAll("&amp;", "&"), at).href;
        answer = await this.ask(at, {
          method: "POST",
          body: { prompt: "login", login: as, username: as, password: "any" },
        });
      } else return { ...answer, address: at };
    }
    throw new Error(`it goes round in circles: ${this.way.join(" ")}`);
  }

  /** Cookies for a host, by name. */
  cookies(host: string): Record<string, string> {
    return Object.fromEntries([...this.#jar(host)].map(([name, { value }]) => [name, value]));
  }

  /** Puts cookies in its jar, as somebody does who copied them. */
  take(host: string, cookies: Readonly<Record<string, string>>): void {
    for (const [name, value] of Object.entries(cookies)) this.#jar(host).set(name, { value });
  }

  #jar(host: string): Map<string, Cookie> {
    const jar = this.#jars.get(host) ?? new Map<string, Cookie>();
    this.#jars.set(host, jar);
    for (const [name, { until = Infinity }] of jar) if (until <= Date.now()) jar.delete(name);
    return jar;
  }

  #keep(jar: Map<string, Cookie>, line: string): void {
    this.setCookies.push(line);
    const [pair = "", ...attributes] = line.split(/;\s*/);
    const name = pair.slice(0, pair.indexOf("="));
    const value = pair.slice(name.length + 1);
    const at = (key: string) =>
      attributes.find((text) => text.toLowerCase().startsWith(`${key}=`))?.slice(key.length + 1);
    const age = at("max-age");
    const expires = at("expires");
    const until =
      age !== undefined ? Date.now() + Number(age) * 1000 : expires !== undefined ? Date.parse(expires) : undefined;
    if (value === "" || (until !== undefined && until <= Date.now())) jar.delete(name);
    else jar.set(name, { value, ...(until !== undefined && { until }) });
  }
}

export interface Asked {
  method?: string;
  /** Fields of a form. */
  body?: Record<string, string>;
  headers?: Record<string, string>;
}
