// Runs an app once its pod's sidecar takes connections: after-sidecar.mjs APP. The pod is ready when the app listens, and
// must not be called before its door is there; in a cluster the probes, which pass through the sidecar, see to that.
import { readFile } from "node:fs/promises";
import { pathToFileURL } from "node:url";
import { setTimeout as wait } from "node:timers/promises";

/** Local address ending in port 15003, in state LISTEN, as the kernel's table has it. */
const inbound = /:3A9B [0-9A-F]+:0000 0A /;

// The kernel tells nobody when a socket starts to listen.
while (!inbound.test(await readFile("/proc/net/tcp", "utf8"))) await wait(20);
await import(pathToFileURL(process.argv[2]).href);
