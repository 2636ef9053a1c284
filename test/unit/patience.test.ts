import { expect, it, vi } from "vitest";
import { patiently, retryAfterMs } from "../../components/rest/patience.ts";

const NOW = Date.parse("2026-11-29T12:00:00Z");

it.each([
  ["50", 50_000],
  [" 2 ", 2_000],
  ["Sun, 29 Nov 2026 12:00:30 GMT", 30_000],
  ["Sun, 29 Nov 2026 11:00:00 GMT", undefined],
  ["0", undefined],
  ["-5", undefined],
  ["soon", undefined],
  [null, undefined],
  [undefined, undefined],
])("reads the header Retry-After: %j", (header, wait) => {
  expect(retryAfterMs(header, NOW)).toBe(wait);
});

const asking = (retryAfterMs: number) => Object.assign(new Error("turned away"), { retryAfterMs });
const patience = { attempts: 3, firstPauseMs: 1, mayPass: () => true };

it("sends a call again no sooner than the server asked for", async () => {
  const call = vi.fn().mockRejectedValueOnce(asking(120)).mockResolvedValue("done");
  const start = performance.now();
  await expect(patiently(call, patience)).resolves.toBe("done");
  expect(performance.now() - start).toBeGreaterThan(110);
  expect(call).toHaveBeenCalledTimes(2);
});

it("tells at once what would keep a run waiting for hours", async () => {
  const call = vi.fn().mockRejectedValue(asking(3_600_000));
  await expect(patiently(call, patience)).rejects.toThrow("turned away");
  expect(call).toHaveBeenCalledTimes(1);
});

it("waits for nothing that cannot pass", async () => {
  const call = vi.fn().mockRejectedValue(asking(60_000));
  await expect(patiently(call, { ...patience, mayPass: () => false })).rejects.toThrow("turned away");
  expect(call).toHaveBeenCalledTimes(1);
});
