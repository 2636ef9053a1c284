import { refuse } from "./answers.ts";

const MINUTE_MS = 60_000;

/** Counts the calls that an address makes without a token. (7.4) */
export class Throttle {
  readonly #limit: number;
  readonly #calls = new Map<string, number[]>();

  constructor(limit = 100) {
    this.#limit = limit;
  }

  count(address: string): void {
    const now = Date.now();
    const recent = (this.#calls.get(address) ?? []).filter((at) => at > now - MINUTE_MS);
    this.#calls.set(address, recent);
    const [first] = recent;
    if (first !== undefined && recent.length >= this.#limit) {
      const seconds = Math.ceil((first + MINUTE_MS - now) / 1000);
      throw refuse(
        429,
        { detail: `Request was throttled. Expected available in ${seconds} seconds.` },
        { "Retry-After": String(seconds) },
      );
    }
    recent.push(now);
  }
}
