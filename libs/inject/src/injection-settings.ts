import { meshName } from "@osm/model";
import { z } from "zod";
import { envoyLogLevels } from "./bootstrap.ts";
import { interfaceList, ipRangeList, portList } from "./capture-settings.ts";

const name = z.string().regex(/^[A-Za-z0-9]([-A-Za-z0-9.:]{0,251}[A-Za-z0-9])?$/);
const image = z.string().min(1).max(1024).regex(/^\S+$/);
const quantities = z.record(z.string().max(253), z.string().max(64)).readonly();
const resources = z.object({ limits: quantities.exactOptional(), requests: quantities.exactOptional() }).readonly();

/** What a mesh says about the sidecars of its pods. Defaults are OSM's where it has the setting. */
export const injectionSettings = z
  .object({
    mesh: z.string().regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/).transform(meshName),
    meshNamespace: name,
    xds: z.object({ host: name, port: z.int().min(1).max(65_535), serverName: name }).readonly(),
    envoyImage: image,
    initImage: image,
    imagePullPolicy: z.enum(["Always", "IfNotPresent", "Never"]).default("IfNotPresent"),
    logLevel: z.enum(envoyLogLevels).default("error"),
    privilegedInitContainer: z.boolean().default(false),
    proxyResources: resources.default({}),
    initResources: resources.default({}),
    concurrency: z.int().min(1).max(64).default(2),
    /** Kubernetes takes nothing below ten minutes, and replaces a token at four fifths of its life. */
    tokenSeconds: z.int().min(600).max(86_400).default(3600),
    inboundPortExclusions: portList.default([]),
    outboundPortExclusions: portList.default([]),
    outboundIpRangeExclusions: ipRangeList.default([]),
    outboundIpRangeInclusions: ipRangeList.default([]),
    networkInterfaceExclusions: interfaceList.default([]),
    localProxyMode: z.enum(["Localhost", "PodIP"]).default("Localhost"),
    /** What the cluster can: native sidecars from Kubernetes 1.29 on, sleeping hooks from 1.30 on. */
    nativeSidecars: z.boolean().default(false),
    sleepHooks: z.boolean().default(false),
    /** Family of the pods' main address: kubelets call it. */
    ipFamily: z.enum(["ipv4", "ipv6"]).default("ipv4"),
    /** Pods that end by themselves have a native one where the cluster can, whatever is said here. */
    sidecarMode: z.enum(["container", "native"]).default("container"),
    /** For how long an app is left to its callers before it is told to end. */
    stopDelaySec: z.int().min(0).max(300).default(5),
  })
  .readonly();

export type InjectionSettings = z.output<typeof injectionSettings>;
