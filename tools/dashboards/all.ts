import { controlPlane } from "./control-plane.ts";
import type { Dashboard } from "./dashboard.ts";
import { mesh } from "./mesh.ts";
import { services } from "./services.ts";
import { workloads } from "./workload.ts";

/** Those of the chart; `npm run goldens` writes its files. */
export const dashboards: readonly Dashboard[] = [mesh, services, workloads, controlPlane];
