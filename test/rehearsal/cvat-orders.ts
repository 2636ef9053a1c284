import type { Orders } from "../../automation/rehearsal/services/cvat/faults.ts";
import { CONTROL } from "../../automation/rehearsal/services/cvat/stand-in.ts";

/** Tells the stand-in for CVAT at `url` which calls are to fail from now on; `{}`: none. */
export async function orderCvat(url: string, orders: Orders): Promise<void> {
  const headers = { "Content-Type": "application/json" };
  await fetch(`${url}${CONTROL}`, { method: "POST", headers, body: JSON.stringify(orders) });
}
