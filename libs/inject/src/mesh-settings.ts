import { z } from "zod";
import { injectionSettings, type InjectionSettings } from "./injection-settings.ts";

const lists = injectionSettings.unwrap().shape;
const text = z.string().max(1024).nullish().transform((found) => found || undefined);
/** A list that is left out, or written as null, is empty. */
const listed = <S extends z.ZodType>(list: S) => z.preprocess((found) => found ?? [], list);
const quantity = z.union([z.string().max(64), z.number()]).transform(String);
const quantities = z.record(z.string().max(253), quantity).nullish().transform((found) => found ?? undefined);

const sidecar = z.object({
  enablePrivilegedInitContainer: z.boolean().nullish(),
  logLevel: lists.logLevel.nullish(),
  envoyImage: text,
  initContainerImage: text,
  localProxyMode: lists.localProxyMode.nullish(),
  resources: z.object({ limits: quantities, requests: quantities }).nullish(),
});
const traffic = z.object({
  inboundPortExclusionList: listed(lists.inboundPortExclusions),
  outboundPortExclusionList: listed(lists.outboundPortExclusions),
  outboundIPRangeExclusionList: listed(lists.outboundIpRangeExclusions),
  outboundIPRangeInclusionList: listed(lists.outboundIpRangeInclusions),
  networkInterfaceExclusionList: listed(lists.networkInterfaceExclusions),
});
const or = <S extends z.ZodType>(section: S) => z.preprocess((found) => found ?? {}, section);
const schema = z.object({ spec: or(z.object({ sidecar: or(sidecar), traffic: or(traffic) })) });

export type MeshSettings = { readonly kind: "settings"; readonly settings: InjectionSettings } | { readonly kind: "unreadable"; readonly field: string };

/** The settings of a mesh: what it was installed with, and over that what its MeshConfig says. */
export function meshSettings(installed: InjectionSettings, meshConfig: unknown): MeshSettings {
  const parsed = schema.safeParse(meshConfig);
  if (!parsed.success) return { kind: "unreadable", field: parsed.error.issues[0]?.path.join(".") ?? "" };
  const merged = injectionSettings.safeParse({ ...installed, ...said(parsed.data.spec) });
  return merged.success ? { kind: "settings", settings: merged.data } : { kind: "unreadable", field: `spec.${merged.error.issues[0]?.path.join(".") ?? ""}` };
}

function said({ sidecar: of, traffic: captured }: z.output<typeof schema>["spec"]): object {
  const { limits, requests } = of.resources ?? {};
  const written = {
    privilegedInitContainer: of.enablePrivilegedInitContainer ?? undefined,
    logLevel: of.logLevel ?? undefined,
    envoyImage: of.envoyImage,
    initImage: of.initContainerImage,
    localProxyMode: of.localProxyMode ?? undefined,
    proxyResources: of.resources ? { ...(limits && { limits }), ...(requests && { requests }) } : undefined,
  };
  return {
    ...Object.fromEntries(Object.entries(written).filter(([, value]) => value !== undefined)),
    inboundPortExclusions: captured.inboundPortExclusionList,
    outboundPortExclusions: captured.outboundPortExclusionList,
    outboundIpRangeExclusions: captured.outboundIPRangeExclusionList,
    outboundIpRangeInclusions: captured.outboundIPRangeInclusionList,
    networkInterfaceExclusions: captured.networkInterfaceExclusionList,
  };
}
