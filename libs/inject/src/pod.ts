import { isObjectName } from "@osm/model";
import { z } from "zod";
import { probeSchema } from "./probe.ts";

// Sizes that no pod which Kubernetes takes will reach: an object ends at 1.5 MB, its annotations at 256 KiB.
const key = z.string().max(512);
const texts = z.record(key, z.string().max(262_144)).nullish().transform((found) => found ?? {});
const uid = z.object({ runAsUser: z.int().optional() }).nullish().transform((found) => found?.runAsUser);

const containerPort = z.looseObject({ name: z.string().max(63).nullish(), containerPort: z.int(), protocol: z.string().max(16).nullish() });
const probe = probeSchema.nullish();

/** Kept whole, so that a container of ours can be told from what it should be. */
const container = z.looseObject({
  name: z.string().regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/),
  restartPolicy: z.string().max(64).nullish(),
  securityContext: z.looseObject({ runAsUser: z.int().nullish() }).nullish(),
  ports: z.array(containerPort).max(1000).nullish(),
  livenessProbe: probe,
  readinessProbe: probe,
  startupProbe: probe,
  lifecycle: z.looseObject({ preStop: z.unknown().optional() }).nullish(),
});
const volume = z.looseObject({ name: z.string().min(1).max(253) });

const schema = z.object({
  metadata: z.object({ labels: texts, annotations: texts }).readonly(),
  spec: z
    .object({
      hostNetwork: z.boolean().nullish().transform((found) => found ?? false),
      serviceAccountName: z.string().refine((name) => name === "" || isObjectName(name)).nullish().transform((found) => found || "default"),
      nodeSelector: texts,
      os: z.object({ name: z.string().max(64) }).nullish(),
      securityContext: uid,
      restartPolicy: z.string().max(64).nullish().transform((found) => found || "Always"),
      terminationGracePeriodSeconds: z.int().min(0).nullish().transform((found) => found ?? 30),
      containers: z.array(container).min(1).max(1000).readonly(),
      initContainers: z.array(container).max(1000).nullish(),
      volumes: z.array(volume).max(2000).nullish(),
    })
    .readonly(),
});

/** What injection reads of a pod. */
export type Pod = z.output<typeof schema>;
export type Container = z.output<typeof container>;
export type ParsedPod = { readonly kind: "pod"; readonly pod: Pod } | { readonly kind: "unreadable"; readonly field: string };

export function parsePod(object: unknown): ParsedPod {
  const parsed = schema.safeParse(object);
  if (parsed.success) return { kind: "pod", pod: parsed.data };
  return { kind: "unreadable", field: parsed.error.issues[0]?.path.join(".") || "pod" };
}

/** An init container that stays beside the app, which Kubernetes calls a sidecar. */
export function staysBeside({ restartPolicy }: Container): boolean {
  return restartPolicy === "Always";
}
