import { createHash } from "node:crypto";
import { canonicalJson } from "@osm/model";
import { z } from "zod";
import type { Labels, PodPort } from "../pod-object.ts";

/** A container as its manifest has it. */
export interface ManifestContainer {
  readonly name: string;
  readonly image: string;
  readonly command: readonly string[];
  readonly args: readonly string[];
  readonly env: readonly EnvEntry[];
  readonly ports: readonly PodPort[];
}

/** A variable with a text, or with one of the few things a pod knows of itself. */
export type EnvEntry =
  | { readonly kind: "text"; readonly name: string; readonly value: string }
  | { readonly kind: "field"; readonly name: string; readonly path: string }
  | { readonly kind: "unsupported"; readonly name: string };

/** A Deployment, as far as a sandbox runs it. */
export interface Workload {
  readonly namespace: string;
  readonly name: string;
  readonly replicas: number;
  /** Names the template: pods of another revision are replaced. */
  readonly revision: string;
  readonly labels: Labels;
  readonly serviceAccount: string;
  readonly container: ManifestContainer;
  /** The pod template as it was written, for the decision whether its pods get a sidecar. */
  readonly template: unknown;
}

const text = z.string().max(262_144);
const texts = z.array(text).max(1000).nullish().transform((list) => list ?? []);
const envEntry = z
  .object({ name: z.string().min(1).max(512), value: text.optional(), valueFrom: z.object({ fieldRef: z.object({ fieldPath: z.string().max(512) }).optional() }).optional() })
  .transform(({ name, value, valueFrom }): EnvEntry => {
    if (valueFrom === undefined) return { kind: "text", name, value: value ?? "" };
    return valueFrom.fieldRef ? { kind: "field", name, path: valueFrom.fieldRef.fieldPath } : { kind: "unsupported", name };
  });
const port = z.object({ name: z.string().max(63).default(""), containerPort: z.int().min(1).max(65_535), protocol: z.string().default("TCP") });
const ports = z
  .array(port)
  .max(1000)
  .nullish()
  .transform((list) => (list ?? []).filter(({ protocol }) => protocol === "TCP").map(({ name, containerPort }) => ({ name, containerPort })));

const container = z.looseObject({
  name: z.string().min(1).max(253),
  image: z.string().min(1).max(1024),
  command: texts,
  args: texts,
  env: z.array(envEntry).max(1000).nullish().transform((list) => list ?? []),
  ports,
});

const deployment = z.object({
  spec: z.object({
    replicas: z.int().min(0).max(1000).default(1),
    template: z.looseObject({
      metadata: z.looseObject({ labels: z.record(z.string(), z.string()).default({}) }),
      // What a sandbox cannot do is refused, not left out: a pod has one process beside its sidecar.
      spec: z.looseObject({ serviceAccountName: z.string().max(253).default("default"), initContainers: z.array(z.unknown()).max(0).nullish(), containers: z.array(container).length(1) }),
    }),
  }),
});

export type ParsedWorkload = { readonly kind: "workload"; readonly workload: Workload } | { readonly kind: "unreadable"; readonly reason: string };

export function parseDeployment(object: unknown, { namespace, name }: { readonly namespace: string; readonly name: string }): ParsedWorkload {
  const parsed = deployment.safeParse(object);
  if (!parsed.success) return unreadable(parsed.error);
  const { replicas, template } = parsed.data.spec;
  const [only] = template.spec.containers;
  if (!only) return { kind: "unreadable", reason: "spec.template.spec.containers: empty" };
  const revision = createHash("sha256").update(canonicalJson(template)).digest("hex").slice(0, 8);
  const { labels } = template.metadata;
  return { kind: "workload", workload: { namespace, name, replicas, revision, labels, serviceAccount: template.spec.serviceAccountName, container: containerOf(only), template } };
}

function containerOf({ name, image, command, args, env, ports: listed }: z.output<typeof container>): ManifestContainer {
  return { name, image, command, args, env, ports: listed };
}

function unreadable({ issues: [issue] }: z.ZodError): ParsedWorkload {
  return { kind: "unreadable", reason: `${issue?.path.join(".") ?? "object"}: ${issue?.message ?? "invalid"}` };
}
