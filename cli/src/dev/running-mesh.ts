import type { Bus } from "@osm/bus";

/** A mesh that runs on this machine: in this process, or as processes of its own. */
export interface RunningMesh {
  readonly bus: Bus;
  /** Where its xDS servers listen, each at the same port. */
  readonly xdsAddresses: readonly string[];
  readonly xdsPort: number;
  /** What proxies trust the xDS servers by, PEM. */
  readonly controlPlaneRoot: string;
  readonly stopXds: () => Promise<void>;
  readonly startXds: () => Promise<void>;
  /** Metrics of each xDS server that runs now, in Prometheus' text format. */
  readonly xdsMetrics: () => Promise<readonly string[]>;
  /** Rejects when a service fails; resolves when all have ended. */
  readonly done: Promise<void>;
}
