import { z } from "zod";
import { annotation, unreadable, type Texts } from "./annotations.ts";
import { captureSettings, ipRangeList, portList, type CaptureSettings } from "./capture-settings.ts";
import type { InjectionSettings } from "./injection-settings.ts";

export type PodCapture = { readonly kind: "capture"; readonly capture: CaptureSettings } | { readonly kind: "refuse"; readonly message: string };

const items = z.string().transform((text): readonly string[] => text.split(",").map((item) => item.trim()).filter((item) => item !== ""));
const ports = items.pipe(z.array(z.string().regex(/^[0-9]{1,5}$/).transform(Number)).readonly()).pipe(portList).default([]);
const ranges = items.pipe(ipRangeList).default([]);

const lists = z.object({
  [annotation.inboundPorts]: ports,
  [annotation.outboundPorts]: ports,
  [annotation.outboundRanges]: ranges,
  [annotation.outboundOnly]: ranges,
});

/** What is captured in one pod: the mesh's lists, and those that the pod adds to them. */
export function podCapture(annotations: Texts, settings: InjectionSettings): PodCapture {
  const pod = lists.safeParse(annotations);
  if (!pod.success) return refused(String(pod.error.issues[0]?.path[0] ?? ""));
  const { data } = pod;
  const capture = captureSettings({
    inboundPortExclusions: [...settings.inboundPortExclusions, ...data[annotation.inboundPorts]],
    outboundPortExclusions: [...settings.outboundPortExclusions, ...data[annotation.outboundPorts]],
    outboundIpRangeExclusions: [...settings.outboundIpRangeExclusions, ...data[annotation.outboundRanges]],
    outboundIpRangeInclusions: [...settings.outboundIpRangeInclusions, ...data[annotation.outboundOnly]],
    networkInterfaceExclusions: [...settings.networkInterfaceExclusions],
    localProxyMode: settings.localProxyMode,
  });
  return { kind: "capture", capture };
}

function refused(key: string): PodCapture {
  const isPorts = key === annotation.inboundPorts || key === annotation.outboundPorts;
  return { kind: "refuse", message: unreadable("pod", key, isPorts ? "TCP ports, as 80,443" : "IP ranges, as 10.0.0.0/8,fd00::/8") };
}
