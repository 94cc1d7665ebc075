import { InvalidArgumentError, type Command, Option } from "commander";
import { truthOption } from "../frame/arguments.ts";

/** An option of `osm install` that is a value of the chart. */
export interface InstallFlag {
  /** Without the dashes. */
  readonly name: string;
  readonly kind: "truth" | "text" | "whole" | "secret";
  /** Values of the chart that it sets. */
  readonly values: readonly string[];
  readonly says: string;
  /** Of OSM before 0.9, which `--set` replaced. */
  readonly old: boolean;
}

const truth = (name: string, values: readonly string[], says: string): InstallFlag => ({ name, kind: "truth", values, says, old: true });
const text = (name: string, value: string, says: string): InstallFlag => ({ name, kind: "text", values: [value], says, old: true });
const vault = (part: string): InstallFlag => text(`vault-${part}`, `osm.vault.${part}`, `${part} of Vault`);
const issuer = (part: string, value: string): InstallFlag => text(`cert-manager-issuer-${part}`, `osm.certmanager.${value}`, `${part} of cert-manager's issuer`);

/** Those that set values, in the order of the help. */
export const installFlags: readonly InstallFlag[] = [
  { ...truth("enable-egress", ["osm.enableEgress"], "let pods of the mesh call what is outside of it"), old: false },
  { ...truth("enable-permissive-traffic-policy", ["osm.enablePermissiveTrafficPolicy"], "let every pod of the mesh call every other"), old: false },
  truth("enable-debug-server", ["osm.enableDebugServer"], "the control plane's debug server"),
  truth("deploy-prometheus", ["osm.deployPrometheus"], "install Prometheus"),
  truth("enable-prometheus", ["osm.deployPrometheus"], "install Prometheus"),
  truth("enable-metrics-stack", ["osm.deployPrometheus", "osm.deployGrafana"], "install Prometheus and Grafana"),
  truth("deploy-grafana", ["osm.deployGrafana"], "install Grafana"),
  truth("enable-grafana", ["osm.deployGrafana"], "install Grafana"),
  truth("deploy-jaeger", ["osm.deployJaeger", "osm.tracing.enable"], "install Jaeger, and trace"),
  truth("deploy-zipkin", ["osm.deployJaeger", "osm.tracing.enable"], "install Jaeger, and trace"),
  truth("enable-fluentbit", ["osm.enableFluentbit"], "install Fluent Bit"),
  text("certificate-manager", "osm.certificateProvider.kind", "who signs certificates"),
  vault("host"), vault("protocol"), { ...vault("token"), kind: "secret" }, vault("role"),
  issuer("name", "issuerName"), issuer("kind", "issuerKind"), issuer("group", "issuerGroup"),
  text("service-cert-validity-duration", "osm.certificateProvider.serviceCertValidityDuration", "how long certificates live, as 24h"),
  text("prometheus-retention-time", "osm.prometheus.retention.time", "how long Prometheus keeps what it read"),
  text("container-registry", "osm.image.registry", "registry of the images"),
  text("osm-image-tag", "osm.image.tag", "tag of the images"),
  text("osm-image-pull-policy", "osm.image.pullPolicy", "when images are pulled"),
  text("container-registry-secret", "osm.imagePullSecrets[0].name", "Secret to pull images with"),
  text("envoy-log-level", "osm.envoyLogLevel", "log level of sidecars"),
  { name: "service-cert-validity-minutes", kind: "whole", values: ["osm.certificateProvider.serviceCertValidityDuration"], says: "how long certificates live, in minutes", old: true },
];

/** Old options that set nothing any more, with what they took, and why. */
export const idleFlags: Readonly<Record<string, { readonly takes: "truth" | "text"; readonly why: string }>> = {
  "mesh-cidr": { takes: "text", why: "addresses of the mesh need not be told any more" },
  "enable-prometheus-scraping": { takes: "truth", why: "it is said of each namespace: osm metrics enable --namespace NAMESPACE" },
  "enable-backpressure-experimental": { takes: "truth", why: "limits are set by an UpstreamTrafficSetting" },
};

export function addInstallFlags(command: Command): void {
  for (const flag of installFlags) command.addOption(optionOf(flag).hideHelp(flag.old));
  for (const [name, { takes }] of Object.entries(idleFlags)) command.addOption((takes === "truth" ? truthOption(name, idle) : new Option(`--${name} <value>`, idle)).hideHelp());
}

const idle = "has no effect any more";

function optionOf({ name, kind, says }: InstallFlag): Option {
  switch (kind) {
    case "truth":
      return truthOption(name, says);
    case "text":
    case "secret":
      return new Option(`--${name} <value>`, says);
    case "whole":
      return new Option(`--${name} <number>`, says).argParser(wholeOf);
  }
}

function wholeOf(value: string): string {
  if (!/^[1-9]\d{0,6}$/.test(value)) throw new InvalidArgumentError("It is to be a whole number above zero.");
  return value;
}
