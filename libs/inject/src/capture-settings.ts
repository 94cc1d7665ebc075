import { distinct } from "@osm/model";
import { z } from "zod";

/** The most that a mesh or a pod may list; a pod's lists are added to those of its mesh. */
const most = 1000;
const port = z.int().min(1).max(65_535);
const portsUpTo = (limit: number) => z.array(port).max(limit).transform((ports) => [...new Set(ports)].sort((a, b) => a - b)).readonly();
const rangesUpTo = (limit: number) => z.array(z.union([z.cidrv4(), z.cidrv6()])).max(limit).transform(distinct).readonly();

/** TCP ports, each once, in order. */
export const portList = portsUpTo(most);
/** Ranges as `10.0.0.0/8` or `fd00::/8`, each once, in order. */
export const ipRangeList = rangesUpTo(most);
/** Names as the kernel takes them, each once, in order; a trailing `+` stands for any ending. */
export const interfaceList = z.array(z.string().regex(/^[A-Za-z0-9_][A-Za-z0-9_.@-]{0,13}[A-Za-z0-9_+]?$/)).max(most).transform(distinct).readonly();

const proxyTraffic = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("uid"), uid: z.int().min(1).max(0xffff_fffe) }).readonly(),
  z.object({ kind: z.literal("mark"), mark: z.int().min(1).max(0xffff_ffff) }).readonly(),
]);

const schema = z
  .object({
    proxyTraffic: proxyTraffic.default({ kind: "uid", uid: 1500 }),
    inboundPortExclusions: portsUpTo(2 * most).default([]),
    outboundPortExclusions: portsUpTo(2 * most).default([]),
    outboundIpRangeExclusions: rangesUpTo(2 * most).default([]),
    outboundIpRangeInclusions: rangesUpTo(2 * most).default([]),
    networkInterfaceExclusions: interfaceList.default([]),
    /** Where the proxy calls its app. */
    localProxyMode: z.enum(["Localhost", "PodIP"]).default("Localhost"),
  })
  .readonly()
  .brand<"CaptureSettings">();

/** What is left out is as OSM has it: uid 1500, nothing excluded, apps reached on localhost. */
export type CaptureInput = z.input<typeof schema>;
/**
 * Which TCP connections of a pod go through its proxy. `proxyTraffic` says how the proxy's own packets are told from the
 * app's: by uid, or by a packet mark where a uid cannot be taken. Made by `captureSettings` alone.
 */
export type CaptureSettings = z.output<typeof schema>;

/** @throws ZodError when a value could not stand in a rule. */
export function captureSettings(input: CaptureInput = {}): CaptureSettings {
  return schema.parse(input);
}
