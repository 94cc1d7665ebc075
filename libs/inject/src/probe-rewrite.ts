import type { Json, JsonObject } from "./json.ts";
import { entryOf, tcpCheck, tcpPortHeader } from "./probe-paths.ts";
import type { Probe, Probed } from "./probe.ts";

/** What asks; everything else of a probe says how often and how patiently, and stays. */
const asking: ReadonlySet<string> = new Set(["httpGet", "tcpSocket", "grpc", "exec"]);

/** The probe that the kubelet is to make instead: over HTTP at the sidecar's own port, which is not captured. */
export function rewritten(probe: Probe, probed: Probed): JsonObject {
  const times = Object.fromEntries(Object.entries(asJson(probe)).filter(([key]) => !asking.has(key)));
  return { ...times, httpGet: request(probe, probed) };
}

function request({ httpGet }: Probe, probed: Probed): JsonObject {
  switch (probed.check.kind) {
    case "http":
      return { ...asJson(httpGet ?? {}), ...entryOf(probed), scheme: "HTTP" };
    case "grpc":
      return { ...entryOf(probed), scheme: "HTTP" };
    case "tcp":
      return { ...tcpCheck, scheme: "HTTP", httpHeaders: [{ name: tcpPortHeader, value: String(probed.check.port) }] };
  }
}

/** True for a probe that leads to the sidecar already, as in a copy of an injected pod. */
export function leadsToSidecar(probe: Probe, where: Pick<Probed, "container" | "field">): boolean {
  const { path, port } = probe.httpGet ?? {};
  const own = entryOf(where);
  return (port === own.port && path === own.path) || (port === tcpCheck.port && path === tcpCheck.path);
}

/** Parsed from JSON, so it is JSON: what is undefined falls away. */
export function asJson(value: object): JsonObject {
  return Object.fromEntries(Object.entries(value).flatMap(([key, inner]) => (inner === undefined ? [] : [[key, jsonOf(inner)]])));
}

function jsonOf(value: unknown): Json {
  if (Array.isArray(value)) return value.map(jsonOf);
  if (typeof value === "object" && value !== null) return asJson(value);
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? value : null;
}
