import type { JsonObject } from "./json.ts";
import { sidecarPorts, proxyUid } from "./ports.ts";
import { proxyReady } from "./probe-paths.ts";

/** The helper that osm-init leaves for the proxy, whose own image has no shell. */
export function helperIn(programsDir: string): string {
  return `${programsDir}/busybox`;
}

const holdSec = 60;

/** Both families' sockets of the pod, which its containers share. The helper opens none itself: a static libc may not resolve. */
function anySocket(helper: string, condition: string): string {
  return `${helper} cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | ${helper} awk '${condition} { found = 1 } END { exit !found }'`;
}

const listening = `$4 == "0A"`;
const outboundPort = sidecarPorts.outbound.toString(16).toUpperCase();

/**
 * Keeps the kubelet from starting the next container until the proxy listens for what the app sends, which it does with its first
 * configuration. It gives up after a minute and says so in an event: the app then starts behind a proxy that lets nothing through.
 */
export function untilReady(programsDir: string): JsonObject {
  const helper = helperIn(programsDir);
  return shell(helper, [
    "tries=0",
    `until ${anySocket(helper, `${listening} && $2 ~ /:${outboundPort}$/`)}; do`,
    "  tries=$((tries + 1))",
    `  if [ $tries -ge ${holdSec * 10} ]; then echo "the proxy got no configuration within ${holdSec} s: is the control plane up?" >&2; exit 1; fi`,
    `  ${helper} sleep 0.1`,
    "done",
  ]);
}

/** Established or listening, and not the proxy's own. */
const ofApp = `($4 == "01" || ${listening}) && $8 != ${proxyUid}`;

/**
 * Keeps the proxy alive while the app still has a socket, and so long at least that callers have heard that the pod goes. The
 * pod's containers share one network, which is how the proxy sees its app end.
 */
export function untilAppEnded(programsDir: string, leastSec: number): JsonObject {
  const helper = helperIn(programsDir);
  return shell(helper, [
    `${helper} sleep ${leastSec}`,
    `while ${anySocket(helper, ofApp)}; do ${helper} sleep 0.2; done`,
  ]);
}

/** Where a kubelet learns whether the proxy has its configuration. */
export function readyProbe(periodSeconds: number, failureThreshold: number): JsonObject {
  return { httpGet: { path: proxyReady.path, port: proxyReady.port, scheme: "HTTP" }, timeoutSeconds: 3, periodSeconds, successThreshold: 1, failureThreshold };
}

function shell(helper: string, lines: readonly string[]): JsonObject {
  return { exec: { command: [helper, "sh", "-c", lines.join("\n")] } };
}
