import { spawn } from "node:child_process";
import { createHash, X509Certificate } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Readable, Writable } from "node:stream";
import { until } from "../../../components/rest/until.ts";
import { DevTools } from "./dev-tools.ts";
import { Page } from "./page.ts";

export interface ChromiumOptions {
  program: string;
  /** Hosts that it finds, each with the port of this machine that is asked in place of any of theirs. It finds no others. */
  hosts: Readonly<Record<string, number>>;
  /** The one certificate, as PEM, that it takes without knowing who signed it. */
  certificate: string;
}

/** A real browser without a window. */
export interface Chromium {
  /** A page of a person who has not been here before: nothing is remembered of others. */
  person(): Promise<Person>;
  end(): Promise<void>;
}

/** Somebody with a browser of his own. */
export interface Person {
  /** Another page of it, beside those that are open. */
  page(): Promise<Page>;
  cookies(): Promise<Cookie[]>;
  /** Puts a cookie into his browser, as somebody does who copied it. */
  take(cookie: Cookie): Promise<void>;
}

export interface Cookie {
  name: string;
  value: string;
  /** With a dot in front it is for hosts below as well. */
  domain: string;
  path: string;
  secure: boolean;
  httpOnly: boolean;
  /** Undefined: nothing was said. */
  sameSite?: string;
}

/** Starts one. It is told what to do by two pipes of this process, and ends when they do. */
export async function startChromium({ program, hosts, certificate }: ChromiumOptions): Promise<Chromium> {
  const folder = await mkdtemp(path.join(tmpdir(), "vision-platform-chromium-"));
  const rules = Object.entries(hosts).map(([host, port]) => `MAP ${host} 127.0.0.1:${port}`);
  const running = spawn(
    program,
    [
      ...["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"],
      ...["--disable-background-networking", "--disable-component-update", `--user-data-dir=${folder}`],
      `--host-resolver-rules=${[...rules, "MAP * ~NOTFOUND"].join(",")}`,
      `--ignore-certificate-errors-spki-list=${keyHash(certificate)}`,
      "--remote-debugging-pipe",
    ],
    { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] },
  );
  const ended = once(running, "exit");
  const tools = new DevTools(running.stdio[3] as Writable, running.stdio[4] as Readable);
  const end = async () => {
    // By its own way, so that none of its processes stays behind.
    await tools.ask("Browser.close").catch(() => running.kill("SIGKILL"));
    await ended;
    await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  };
  try {
    await until(() => tools.ask("Browser.getVersion"), { isDone: () => true, everyMs: 100 });
  } catch (error) {
    await end();
    throw error;
  }
  return { person: () => person(tools), end };
}

async function person(tools: DevTools): Promise<Person> {
  const { browserContextId } = await tools.ask<{ browserContextId: string }>("Target.createBrowserContext", {
    disposeOnDetach: true,
  });
  return {
    async page() {
      const { targetId } = await tools.ask<{ targetId: string }>("Target.createTarget", {
        url: "about:blank",
        browserContextId,
      });
      const { sessionId } = await tools.ask<{ sessionId: string }>("Target.attachToTarget", {
        targetId,
        flatten: true,
      });
      return Page.attached(tools, sessionId);
    },
    cookies: async () => (await tools.ask<{ cookies: Cookie[] }>("Storage.getCookies", { browserContextId })).cookies,
    async take({ name, value, domain, path: at, secure, httpOnly, sameSite }) {
      const url = `https://${domain}${at}`;
      const cookie = { name, value, url, path: at, secure, httpOnly, ...(sameSite !== undefined && { sameSite }) };
      await tools.ask("Storage.setCookies", { cookies: [cookie], browserContextId });
    },
  };
}

/** How Chromium names a certificate's key. (services/network: --ignore-certificate-errors-spki-list) */
function keyHash(certificate: string): string {
  const key = new X509Certificate(certificate).publicKey.export({ type: "spki", format: "der" });
  return createHash("sha256").update(key).digest("base64");
}
