import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { loopbackCertificate, eventually } from "../../../libs/testkit/src/index.ts";
import type { RealCluster } from "../../cluster/for-tests.ts";
import { probedApp } from "./probed-app.ts";

const namespace = "probed";
const soon = { deadlineMs: 60_000, everyMs: 250 };
const kinds = ["http", "https", "tcp", "grpc", "exec"] as const;
const ports = { http: 8001, https: 8002, tcp: 8003, grpc: 8004, exec: 8005, living: 8006 } as const;
const broken = { exec: { command: ["node", "-e", 'require("node:fs").accessSync("/tmp/well")'] } } as const;
const checks = {
  http: { httpGet: { path: "/ready", port: ports.http } },
  https: { httpGet: { path: "/ready", port: ports.https, scheme: "HTTPS" } },
  tcp: { tcpSocket: { port: ports.tcp } },
  grpc: { grpc: { port: ports.grpc, service: "app" } },
  exec: broken,
} as const;

/** A container of each kind of probe in one pod: each is ready while its own app is well, and only then. */
export function probeTests(cluster: () => RealCluster): void {
  const kubectl = (...args: readonly string[]) => cluster().kubectl("-n", namespace, ...args);
  const container = (name: keyof typeof ports, probe: object) => ({
    name, image: "ghcr.io/open-service-mesh/demo-bookbuyer:v2", command: ["node", "/etc/app/app.mjs"], ports: [{ containerPort: ports[name] }],
    env: [{ name: "KIND", value: name }, { name: "PORT", value: String(ports[name]) }], volumeMounts: [{ name: "app", mountPath: "/etc/app" }], ...probe,
  });
  const times = { periodSeconds: 1, failureThreshold: 2, timeoutSeconds: 5 };
  const statuses = async (): Promise<Readonly<Record<string, string>>> => {
    const printed = await kubectl("get", "pod", "probed", "-o", 'jsonpath={range .status.containerStatuses[*]}{.name} {.ready} {.restartCount}{"\\n"}{end}');
    return Object.fromEntries(printed.trim().split("\n").map((line) => [line.split(" ")[0], line.slice(line.indexOf(" ") + 1)]));
  };
  const turn = (name: string) => kubectl("exec", "probed", "-c", name, "--", "node", "-e", 'process.kill(1, "SIGUSR2")');
  const allWell = Object.fromEntries([...kinds, "living", "envoy"].map((name) => [name, "true 0"]));

  test("a pod with probes of every kind gets ready behind its sidecar", async () => {
    await cluster().kubectl("create", "namespace", namespace);
    await cluster().kubectl("label", "namespace", namespace, "osm-injection=enabled");
    const { cert, key } = await certificate();
    const containers = [
      ...kinds.map((kind) => container(kind, { readinessProbe: { ...checks[kind], ...times } })),
      container("living", { startupProbe: { httpGet: { path: "/start", port: ports.living }, ...times, failureThreshold: 60 }, livenessProbe: { httpGet: { path: "/live", port: ports.living }, ...times } }),
    ];
    await eventually(() => kubectl("get", "serviceaccount", "default"), soon);
    await cluster().apply(
      { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "app", namespace }, data: { "app.mjs": probedApp, "tls.crt": cert, "tls.key": key } },
      { apiVersion: "v1", kind: "Pod", metadata: { name: "probed", namespace, labels: { app: "probed" } }, spec: { terminationGracePeriodSeconds: 2, containers, volumes: [{ name: "app", configMap: { name: "app" } }] } },
    );
    await eventually(async () => expect(await statuses()).toEqual(allWell), soon);
  });

  test("each kind fails for its own container alone, and passes again", async () => {
    for (const kind of kinds) await turn(kind);
    const ill = Object.fromEntries(kinds.map((kind) => [kind, "false 0"]));
    await eventually(async () => expect(await statuses()).toEqual({ ...allWell, ...ill }), soon);
    await turn("grpc");
    await eventually(async () => expect(await statuses()).toEqual({ ...allWell, ...ill, grpc: "true 0" }), soon);
    for (const kind of kinds) if (kind !== "grpc") await turn(kind);
    await eventually(async () => expect(await statuses()).toEqual(allWell), soon);
  });

  test("a container that is no longer alive is started again, and it alone", async () => {
    await turn("living");
    await eventually(async () => expect(await statuses()).toEqual({ ...allWell, living: "true 1" }), soon);
  });
}

async function certificate(): Promise<{ readonly cert: string; readonly key: string }> {
  const folder = await mkdtemp(join(tmpdir(), "osm-probed-"));
  try {
    const files = await loopbackCertificate(folder);
    return { cert: await readFile(files.certificate, "utf8"), key: await readFile(files.key, "utf8") };
  } finally {
    await rm(folder, { recursive: true });
  }
}
