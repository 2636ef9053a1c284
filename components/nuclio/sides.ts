import type { Dashboard } from "./client/dashboard.ts";
import type { FunctionObjects } from "./client/function-objects.ts";

/** The two sides Nuclio is seen from. */
export interface Nuclio {
  dashboard: Dashboard;
  objects: FunctionObjects;
}
