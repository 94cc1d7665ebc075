import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { needs } from "../../libs/testkit/src/index.ts";
import { at, chart, listAt, objectsIn, render } from "./rendered-chart.ts";

const page = readFileSync(`${import.meta.dirname}/../../docs/values.md`, "utf8");

/** What stands in the table of the page: what becomes of each name. */
const fates: readonly (readonly [name: string, fate: string])[] = page
  .split("\n")
  .map((line) => line.split("|").map((cell) => cell.trim()))
  .flatMap(([, names = "", fate = ""]) => [...names.matchAll(/`([\w.]+)`/g)].map(([, name = ""]) => [name, fate] as const));

/** Each name with a value that is not its default. */
const examples: Readonly<Record<string, string>> = {
  "osm.meshName": "blue", "osm.osmNamespace": "mesh", "osm.trustDomain": "blue.example", "osm.caBundleSecretName": "own-root", "osm.enforceSingleMesh": "true",
  "osm.image.registry": "registry.example/mesh", "osm.image.pullPolicy": "Always", "osm.image.tag": "v7", "osm.imagePullSecrets": "[0].name=pull",
  "osm.image.name": ".osmInjector=injector", "osm.image.digest": ".osmController=sha256:00", "osm.sidecarImage": "envoy:1", "osm.sidecarWindowsImage": "envoy-windows:1", "osm.curlImage": "curl:1",
  "osm.osmController.replicaCount": "3", "osm.osmController.podLabels": ".team=mesh", "osm.osmController.affinity": ".nodeAffinity.none=true", "osm.osmController.nodeSelector": ".disk=ssd",
  "osm.osmController.tolerations": "[0].operator=Exists", "osm.osmController.enablePodDisruptionBudget": "false,osm.xds.replicaCount=2", "osm.osmController.autoScale": ".enable=true", "osm.osmController.resource": ".limits.memory=1G",
  "osm.injector.replicaCount": "3", "osm.injector.resource": ".limits.memory=1G", "osm.injector.autoScale": ".enable=true", "osm.injector.enablePodDisruptionBudget": "false,osm.injector.replicaCount=2", "osm.injector.podLabels": ".team=mesh",
  "osm.injector.affinity": ".nodeAffinity.none=true", "osm.injector.nodeSelector": ".disk=ssd", "osm.injector.tolerations": "[0].operator=Exists", "osm.injector.webhookTimeoutSeconds": "20",
  "osm.preinstall": ".nodeSelector.disk=ssd", "osm.osmBootstrap": ".replicaCount=2", "osm.cleanup": ".nodeSelector.disk=ssd", "osm.controlPlaneTolerations": "[0].operator=Exists",
  "osm.certificateProvider.kind": "vault", "osm.certificateProvider.serviceCertValidityDuration": "720h", "osm.certificateProvider.certKeyBitSize": "4096",
  "osm.vault.host": "vault.example", "osm.vault.port": "8201", "osm.vault.protocol": "https", "osm.vault.role": "mesh", "osm.vault.secret.name": "vault", "osm.vault.secret.key": "token", "osm.vault.token": "s3cr3t",
  "osm.certmanager.issuerName": "ours", "osm.certmanager.issuerKind": "ClusterIssuer", "osm.certmanager.issuerGroup": "example.com",
  "osm.enablePermissiveTrafficPolicy": "true", "osm.enableEgress": "true", "osm.enablePrivilegedInitContainer": "true", "osm.envoyLogLevel": "debug", "osm.controllerLogLevel": "debug",
  "osm.maxDataPlaneConnections": "1000", "osm.configResyncInterval": "90s", "osm.localProxyMode": "PodIP",
  "osm.outboundIPRangeExclusionList": "{10.0.0.0/8}", "osm.outboundIPRangeInclusionList": "{10.0.0.0/8}", "osm.outboundPortExclusionList": "{6379}", "osm.inboundPortExclusionList": "{7070}", "osm.networkInterfaceExclusionList": "{eth1}",
  "osm.webhookConfigNamePrefix": "hook", "osm.validatorWebhook.webhookConfigurationName": "validator", "osm.enableDebugServer": "true", "osm.enableReconciler": "true",
  "osm.deployPrometheus": "true", "osm.deployGrafana": "true,osm.grafana.prometheusUrl=http://prometheus.monitoring:9090", "osm.grafana.image": "grafana:1", "osm.grafana.enableRemoteRendering": "true", "osm.deployJaeger": "true", "osm.enableFluentbit": "true", "osm.tracing.enable": "true",
  "osm.prometheus.image": "prometheus:1", "osm.prometheus.retention.time": "30d", "osm.prometheus.port": "9090", "osm.prometheus.resources": ".limits.memory=4Gi", "osm.grafana.port": "3001", "osm.tracing.address": "jaeger.example", "osm.tracing.port": "9412", "osm.tracing.endpoint": "/spans", "osm.fluentBit.outputPlugin": "azure",
  "smi.validateTrafficTarget": "false", "contour.enabled": "true",
};

const exampleOf = (name: string): readonly string[] => {
  const example = examples[name] ?? (name.startsWith("osm.featureFlags.") ? "true" : "");
  return ["--set", /^[.[]/.test(example) ? `${name}${example}` : `${name}=${example}`];
};

const place = { affinity: { nodeAffinity: {} }, nodeSelector: {}, tolerations: [] };
const scale = { enable: false, minReplicas: 1, maxReplicas: 5, cpu: { targetAverageUtilization: 80 }, memory: { targetAverageUtilization: 80 } };
const part = { replicaCount: 1, resource: { limits: { cpu: "0.5", memory: "64M" } }, podLabels: {}, ...place };
/** The values of OSM's chart 1.2 with their defaults, which many keep as one file. */
const shipped = {
  osm: {
    image: { registry: "openservicemesh", pullPolicy: "IfNotPresent", tag: "", name: { osmController: "osm-controller", osmInjector: "osm-injector", osmSidecarInit: "init", osmBootstrap: "osm-bootstrap", osmCRDs: "osm-crds", osmPreinstall: "osm-preinstall", osmHealthcheck: "osm-healthcheck" }, digest: { osmController: "sha256:00" } },
    imagePullSecrets: [], sidecarImage: "envoyproxy/envoy-distroless:v1.22.2", sidecarWindowsImage: "envoyproxy/envoy-windows:v1.22.1", curlImage: "curlimages/curl",
    osmController: { ...part, autoScale: scale, enablePodDisruptionBudget: false }, injector: { ...part, autoScale: scale, enablePodDisruptionBudget: false, webhookTimeoutSeconds: 20 }, osmBootstrap: part, preinstall: place, cleanup: place, controlPlaneTolerations: [],
    prometheus: { image: "prom/prometheus:v2.34.0", port: 7070, retention: { time: "15d" }, resources: { limits: { cpu: "1", memory: "2G" } }, ...place }, grafana: { image: "grafana/grafana:8.2.2", port: 3000, enableRemoteRendering: false, ...place }, tracing: { enable: false, address: "", port: 9411, endpoint: "/api/v2/spans", image: "jaegertracing/all-in-one", ...place },
    deployPrometheus: false, deployGrafana: false, deployJaeger: false, enableFluentbit: false, fluentBit: { name: "fluentbit-logger", registry: "fluent", tag: "1.6.4", pullPolicy: "IfNotPresent", outputPlugin: "stdout", workspaceId: "", primaryKey: "", enableProxySupport: false, httpProxy: "", httpsProxy: "" },
    certificateProvider: { kind: "tresor", serviceCertValidityDuration: "24h", certKeyBitSize: 2048 }, vault: { host: "", port: 8200, protocol: "http", token: "", role: "openservicemesh", secret: { name: "", key: "" } }, certmanager: { issuerName: "osm-ca", issuerKind: "Issuer", issuerGroup: "cert-manager.io" },
    caBundleSecretName: "osm-ca-bundle", trustDomain: "cluster.local", meshName: "osm", osmNamespace: "", enforceSingleMesh: true, webhookConfigNamePrefix: "osm-webhook", validatorWebhook: { webhookConfigurationName: "" },
    enableDebugServer: false, enableReconciler: false, enablePermissiveTrafficPolicy: true, enableEgress: true, enablePrivilegedInitContainer: false, envoyLogLevel: "error", controllerLogLevel: "info", maxDataPlaneConnections: 0, configResyncInterval: "0s", localProxyMode: "Localhost",
    outboundIPRangeExclusionList: [], outboundIPRangeInclusionList: [], outboundPortExclusionList: [], inboundPortExclusionList: [], networkInterfaceExclusionList: [],
    featureFlags: { enableWASMStats: true, enableEgressPolicy: true, enableSnapshotCacheMode: false, enableAsyncProxyServiceMapping: false, enableIngressBackendPolicy: true, enableEnvoyActiveHealthChecks: false, enableRetryPolicy: false, enableMeshRootCertificate: false },
  },
  smi: { validateTrafficTarget: true },
  contour: { enabled: false },
};

const enables = ["osm.osmController.enablePodDisruptionBudget", "osm.injector.enablePodDisruptionBudget"];

needs("helm")("a name of Open Service Mesh 1.2", () => {
  let preset: string;
  beforeAll(async () => {
    preset = await render();
  });

  test("is on the page when it is tried here", () => {
    expect(fates.length).toBeGreaterThan(80);
    expect(Object.keys(examples).filter((name) => !fates.some(([other]) => other === name))).toEqual([]);
    expect(fates.filter(([name]) => examples[name] === undefined && !name.startsWith("osm.featureFlags.")).map(([name]) => name)).toEqual([]);
  });

  test.each(fates.filter(([, fate]) => ["same", "kept", "spread"].includes(fate)))("%s reaches the objects: %s", async (name) => {
    const without = enables.includes(name) ? await render("--set", name.startsWith("osm.injector") ? "osm.injector.replicaCount=2" : "osm.xds.replicaCount=2") : preset;
    expect(await render(...exampleOf(name))).not.toBe(without);
  });

  test("that is idle is taken and has no effect", async () => {
    const idle = fates.filter(([, fate]) => fate === "idle");
    expect(idle.length).toBeGreaterThan(15);
    expect(await render(...idle.flatMap(([name]) => exampleOf(name)))).toBe(preset);
  });

  describe("that is refused", () => {
    const refused = fates.filter(([, fate]) => fate === "refused");
    let complaint: string;
    beforeAll(async () => {
      const [, ...lines] = (await render(...refused.flatMap(([name]) => exampleOf(name))).catch((error: unknown) => String(error))).split("\n");
      complaint = lines.join("\n");
    });

    test.each(refused)("is named with all others: %s", (name) => {
      expect(complaint).toContain(`\n- ${name}: `);
    });

    test("is not repeated when it is a secret", () => {
      expect(complaint).toContain("osm.vault.token");
      expect(complaint).not.toContain(examples["osm.vault.token"]);
    });
  });

  test("goes through with all others of the file that was shipped, but for two", async () => {
    const folder = await mkdtemp(join(tmpdir(), "osm-values-"));
    try {
      await writeFile(join(folder, "values.json"), JSON.stringify(shipped));
      const [, ...lines] = (await render("--values", join(folder, "values.json")).catch((error: unknown) => String(error))).split("\n");
      expect(lines.flatMap((line) => /^- ([\w.]+):/.exec(line)?.[1] ?? [])).toEqual(["osm.osmController.resource", "osm.image.digest"]);
      const { resource: _resource, ...osmController } = shipped.osm.osmController;
      const { digest: _digest, ...image } = shipped.osm.image;
      await writeFile(join(folder, "values.json"), JSON.stringify({ ...shipped, osm: { ...shipped.osm, osmController, image } }));
      expect(objectsIn(await render("--values", join(folder, "values.json"))).length).toBeGreaterThan(20);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  describe("for the parts that do the work now", () => {
    const replicas = async (...values: readonly string[]) =>
      Object.fromEntries(objectsIn(await render(...values)).filter((object) => at(object, "kind") === "Deployment").map((object) => [at(object, "metadata", "name"), at(object, "spec", "replicas")]));

    test("osm.osmController.replicaCount is for the four that were one", async () => {
      expect(await replicas("--set", "osm.osmController.replicaCount=3")).toEqual({ "osm-watcher": 3, "osm-compiler": 3, "osm-ca": 3, "osm-xds": 3, "osm-injector": 1, "osm-redis": 1 });
    });

    test("which of two numbers is meant is asked", async () => {
      await expect(render("--set", "osm.osmController.replicaCount=3,osm.xds.replicaCount=2")).rejects.toThrow("osm.osmController.replicaCount says 3 for watcher, compiler, ca and xds, and osm.xds.replicaCount says 2");
      await expect(render("--set", "osm.osmController.autoScale.enable=true,osm.xds.autoScale.enable=true")).rejects.toThrow("both enabled");
    });

    test("what a part says itself comes before what is said of all", async () => {
      const text = await render("--set", "osm.osmController.nodeSelector.disk=ssd,osm.ca.nodeSelector.disk=hdd,osm.osmController.tolerations[0].key=mesh,osm.ca.tolerations[0].key=ca");
      const [ca] = objectsIn(text).filter((object) => at(object, "kind") === "Deployment" && at(object, "metadata", "name") === "osm-ca");
      expect(at(ca, "spec", "template", "spec", "nodeSelector")).toEqual({ "kubernetes.io/os": "linux", disk: "hdd" });
      expect(listAt(ca, "spec", "template", "spec", "tolerations")).toEqual([{ key: "ca" }, { key: "mesh" }]);
    });

    test("osm.osmController.autoScale scales xds", async () => {
      const scalers = objectsIn(await render("--set", "osm.osmController.autoScale.enable=true,osm.osmController.autoScale.maxReplicas=9")).filter((object) => at(object, "kind") === "HorizontalPodAutoscaler");
      expect(scalers.map((scaler) => [at(scaler, "metadata", "name"), at(scaler, "spec", "maxReplicas")])).toEqual([["osm-xds", 9]]);
    });
  });

  test("of a feature is one that a MeshConfig has", async () => {
    const schema: unknown = JSON.parse(readFileSync(`${chart}/values.schema.json`, "utf8"));
    const [crd] = objectsIn(readFileSync(`${chart}/crds/mesh-configs.yaml`, "utf8"));
    const ofChart = Object.keys(Object(at(schema, "properties", "osm", "properties", "featureFlags", "properties")));
    const ofKind = Object.keys(Object(at(listAt(crd, "spec", "versions")[0], "schema", "openAPIV3Schema", "properties", "spec", "properties", "featureFlags", "properties")));
    expect(ofChart.toSorted()).toEqual(ofKind.toSorted());
    await expect(render("--set", "osm.featureFlags.enableSPIFFE=true")).rejects.toThrow("enableSPIFFE");
  });
});

needs("helm")("the chart's own values", () => {
  test("all have a place in the schema, which takes no other", () => {
    const schema: unknown = JSON.parse(readFileSync(`${chart}/values.schema.json`, "utf8"));
    const values: unknown = parse(readFileSync(`${chart}/values.yaml`, "utf8"));
    expect(Object.keys(Object(at(values, "osm"))).toSorted()).toEqual(Object.keys(Object(at(schema, "properties", "osm", "properties"))).toSorted());
  });

  test.each(["image", "port", "retention.time", "resources"].map((name) => `osm.prometheus.${name}`))("%s is that of the Prometheus which is asked for", async (name) => {
    expect(await render("--set", "osm.deployPrometheus=true", ...exampleOf(name))).not.toBe(await render("--set", "osm.deployPrometheus=true"));
  });

  test("send the control plane's traces where they say", async () => {
    const pods = objectsIn(await render("--set", "osm.controlPlaneTracing.endpoint=http://collector.observability:4318")).filter((object) => at(object, "kind") === "Deployment" && at(object, "metadata", "name") !== "osm-redis");
    expect(pods.length).toBe(5);
    for (const pod of pods) expect(listAt(listAt(pod, "spec", "template", "spec", "containers")[0], "env")).toContainEqual({ name: "OTEL_EXPORTER_OTLP_ENDPOINT", value: "http://collector.observability:4318" });
  });
});
