import { loadNames, type LoadName } from "./side/run-loads.ts";
import { shapes, type Shape } from "./side/arena.ts";
import { peerCaches, type PeerCache } from "./side/peer.ts";

/** What is measured within one process, or with one Envoy. */
export const benches = ["compile", "push", "envoy", "injection", "certificates"] as const;
export type Bench = (typeof benches)[number];

export const usage = `usage: npm run bench -- ${[...benches, ...loadNames].join("|")} … [--json] [--ours=${shapes.join("|")} …] [--peer=${peerCaches.join("|")}|none …] [--profile=FOLDER]
A load (${loadNames.join(", ")}) runs beside go-control-plane and needs Go; ours needs a nats-server and a redis-server where its services are apart. Without a name: ${benches.join(", ")}.`;

export interface Request {
  /** All of them where nothing was named. */
  readonly benches: readonly Bench[];
  readonly loads: readonly LoadName[];
  /** One JSON object a line. */
  readonly json: boolean;
  /** How ours runs, each shape measured by itself. */
  readonly shapes: readonly Shape[];
  /** How the peer keeps what it serves, once for each that runs beside ours. */
  readonly peers: readonly PeerCache[];
  /** Where CPU profiles of our processes go; undefined: none is taken. */
  readonly profile: string | undefined;
}

/** Undefined when an argument is not known. */
export function parseRequest(args: readonly string[]): Request | undefined {
  const names = args.filter((arg) => !arg.startsWith("--"));
  const [ours, peers] = [valuesOf(args, "--ours="), valuesOf(args, "--peer=")];
  const [profile] = valuesOf(args, "--profile=");
  const asked = { benches: benches.filter((bench) => names.includes(bench)), loads: loadNames.filter((load) => names.includes(load)) };
  const isKnown = (arg: string) => arg === "--json" || isPeer(arg) || shapes.some((shape) => arg === `--ours=${shape}`) || (arg.startsWith("--profile=") && profile !== "") || [...benches, ...loadNames].some((name) => name === arg);
  if (!args.every(isKnown)) return undefined;
  return {
    ...(names.length === 0 ? { benches, loads: [] } : asked),
    shapes: ours.length === 0 ? ["apart"] : shapes.filter((shape) => ours.includes(shape)),
    json: args.includes("--json"),
    peers: peers.length === 0 ? ["linear"] : peerCaches.filter((cache) => peers.includes(cache)),
    profile,
  };
}

function isPeer(arg: string): boolean {
  return ["none", ...peerCaches].some((cache) => arg === `--peer=${cache}`);
}

function valuesOf(args: readonly string[], option: string): readonly string[] {
  return args.filter((arg) => arg.startsWith(option)).map((arg) => arg.slice(option.length));
}
