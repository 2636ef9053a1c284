// Runs the project's TypeScript by tsx: `node --import ./typescript.mjs FILE.ts`, also for the engine (Pulumi.yaml).
//
// tsx passes each file that is loaded after it through a second thread. The Kubernetes client is 826 files, which takes
// 2.1 s of CPU then and 0.6 s before (Node 20.20, tsx 4.23; on 2 cores). So it comes first.
import "@kubernetes/client-node";
import { register } from "tsx/esm/api";

register();
