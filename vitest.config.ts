import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";
import { LongestFirst } from "./test/longest-first.ts";

// The program colours its text where CI or FORCE_COLOR is set; tests read the text alone, on every machine.
const env = { NO_COLOR: "1", FORCE_COLOR: "0" };

/** Of the rehearsal suite, what changes seldom. */
const FULL_ALONE = [
  "test/rehearsal/clearml-agent.test.ts",
  "test/rehearsal/field-managers.test.ts",
  "test/rehearsal/image-delivery.test.ts",
  "test/rehearsal/kept-texts.test.ts",
  "test/rehearsal/keycloak-bootstrap.test.ts",
  "test/rehearsal/keycloak-lab.test.ts",
  "test/rehearsal/storage-tls.test.ts",
  "test/rehearsal/versions.test.ts",
  "test/rehearsal/whole-lab-faults.test.ts",
];

export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        test: {
          name: "unit",
          include: ["test/unit/**/*.test.ts"],
          env,
          // A file takes less time than the SDKs that it loads: what one file has loaded serves the next. Half of the time tests wait for servers
          // and processes: two workers for each core.
          isolate: false,
          maxWorkers: 2 * availableParallelism(),
          // Projects with other workers than each other take turns.
          sequence: { groupOrder: 0 },
          // A test that hangs ends; one that is slow on a busy machine does not fail for it.
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      // Against what is real and in a registry: SDKs, Django, ONNX Runtime. `*.go.test.ts` needs MinIO too, which Go builds.
      {
        test: {
          name: "contract",
          include: ["test/contract/**/*.test.ts"],
          exclude: ["**/*.go.test.ts"],
          env,
          // They wait for programs of other languages.
          maxWorkers: availableParallelism(),
          sequence: { groupOrder: 1 },
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: "contract-go",
          include: ["test/contract/**/*.go.test.ts"],
          env,
          maxWorkers: availableParallelism(),
          sequence: { groupOrder: 1 },
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: "rehearsal",
          env,
          include: ["test/rehearsal/**/*.test.ts"],
          exclude: FULL_ALONE,
          globalSetup: "test/rehearsal/setup.ts",
          // Each file has a cluster and an engine of its own. Two at a time: one of them mostly waits, and more would have too few cores.
          maxWorkers: 2,
          testTimeout: 300_000,
          hookTimeout: 2_400_000,
        },
      },
      // What is too long for each landing: `npm run test:full`, with the files of the rehearsal suite that have tests for it alone.
      {
        test: {
          name: "full",
          env: { ...env, VISION_PLATFORM_FULL: "1" },
          include: [
            "test/full/**/*.test.ts",
            ...FULL_ALONE,
            "test/rehearsal/storage.test.ts",
            "test/rehearsal/homelab.test.ts",
            "test/rehearsal/old-state.test.ts",
          ],
          globalSetup: "test/rehearsal/setup.ts",
          maxWorkers: 2,
          testTimeout: 900_000,
          hookTimeout: 2_400_000,
        },
      },
      // Sign-in with its real parts: `npm run test:sso`.
      {
        test: {
          name: "sso",
          env,
          include: ["test/sso/**/*.test.ts"],
          maxWorkers: 1,
          testTimeout: 900_000,
          hookTimeout: 2_400_000,
        },
      },
    ],
  },
});
