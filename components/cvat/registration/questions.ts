/** What nobody may do without an account while `vision-platform:cvat.registration` is closed. */
export type Closed = "registration" | "password reset";

/** A way to CVAT: as people come, or past everything that stands before its server. */
export type Way = "edge" | "direct";

/** A call without credentials and with an empty body, so that even an open page makes nothing: it says which fields it wants. */
export interface Question {
  about: Closed;
  /** Path as it is sent. */
  path: string;
  ways: readonly Way[];
}

const BOTH: readonly Way[] = ["edge", "direct"];

/**
 * What is asked in each `up`: 13 calls of the 100 a minute that CVAT takes from an address without credentials. CVAT knows a path by what its
 * spelling comes to, and an edge may go by the spelling: through Traefik 3.6.12 the second to fourth made accounts while a route closed the
 * first (cvat-real-second-look.md 1), and before 3.4.1 any encoded letter did (GHSA-vrch-868g-9jx5).
 */
export const QUESTIONS: readonly Question[] = [
  { about: "registration", path: "/api/auth/register", ways: BOTH },
  { about: "registration", path: "/api/auth%2Fregister", ways: BOTH },
  { about: "registration", path: "/api/auth%2fregister", ways: ["edge"] },
  { about: "registration", path: "/api%2Fauth%2Fregister", ways: ["edge"] },
  { about: "registration", path: "/api/auth/%72egister", ways: ["edge"] },
  { about: "password reset", path: "/api/auth/password/reset", ways: BOTH },
  { about: "password reset", path: "/api/auth/password%2Freset", ways: ["edge"] },
  { about: "password reset", path: "/api/auth/password/reset/confirm", ways: BOTH },
  { about: "password reset", path: "/api/auth/password/reset%2Fconfirm", ways: ["edge"] },
];

/** `open` and `closed` are known. `busy` may be known when asked again, `unclear` will not. */
export type Verdict = "open" | "closed" | "busy" | "unclear";

const CLOSED = [401, 403, 404, 405];
const TOO_MANY = 429;

/** What an answer says of the page that was asked. */
export function verdictOf({ status, text }: { status: number; text: string }): Verdict {
  if (CLOSED.includes(status)) return "closed";
  if (status === TOO_MANY || status >= 500) return "busy";
  const body = objectIn(text);
  // The page looked at what was sent, and misses something in it.
  if (status === 400) return Object.keys(body ?? {}).some(isField) ? "open" : "closed";
  // It did what was asked. Web pages answer 200 to much, in HTML.
  return status < 300 && body !== undefined ? "open" : "unclear";
}

/** Django REST's own two keys are no fields. */
const isField = (key: string): boolean => !["detail", "non_field_errors"].includes(key);

function objectIn(text: string): Record<string, unknown> | undefined {
  try {
    const body = JSON.parse(text) as unknown;
    return typeof body === "object" && body !== null && !Array.isArray(body)
      ? (body as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}
