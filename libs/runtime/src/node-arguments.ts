/**
 * What Node is run with wherever a service is a process: in images, locally, in benches. V8 sizes the halves of its young generation by
 * the memory that it sees (Node 24: up to 64 MB on a large machine, 16 in a pod of 1 GiB, 1 in one of 256 MiB) and keeps what a burst made
 * them. With 8 everywhere, a thousand proxies take less and cost no more; 4 stop the process twice as often for little less
 * (bench/README.md). Each is one that `NODE_OPTIONS` may hold.
 */
export const nodeArguments: readonly string[] = ["--max-semi-space-size=8"];
