import { z } from "zod";

// How the rules read Kubernetes objects: by themselves, so that a slip in the product's reading shows as a disagreement.
// What does not hold to these shapes has no effect.

const name = z.string().regex(/^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/);
const text = z.string().max(512);
const labels = z.record(z.string(), z.string()).prefault({});
const port = z.int().min(1).max(65_535);
const ip = z.ipv4().or(z.ipv6());

function list<T extends z.ZodType>(item: T) {
  return z.array(item).nullish().transform((found) => found ?? []);
}

const meta = z.object({ name, namespace: name.default("default"), labels });

export const namespaceObject = z.object({ metadata: z.object({ name, labels }) });

const containers = list(z.object({ name: text, ports: list(z.object({ name: text.optional(), containerPort: port, protocol: text.default("TCP") })) }));

export const podObject = z.object({
  metadata: meta,
  spec: z.object({ serviceAccountName: name.default("default"), containers, initContainers: containers }),
  status: z.object({ phase: text.default("Pending"), podIPs: list(z.object({ ip })) }).prefault({}),
});

export const serviceObject = z.object({
  metadata: meta,
  spec: z.object({
    type: text.default("ClusterIP"),
    clusterIP: text.optional(),
    clusterIPs: list(text),
    selector: labels,
    ports: list(
      z.object({ name: text.default(""), port, targetPort: port.or(text.min(1)).optional(), protocol: text.default("TCP"), appProtocol: text.optional() }),
    ),
  }),
});

export const endpointSliceObject = z.object({
  metadata: meta,
  endpoints: list(
    z.object({ addresses: z.array(ip), conditions: z.object({ ready: z.boolean().nullish(), terminating: z.boolean().nullish() }).nullish() }),
  ),
  ports: list(z.object({ name: text.nullish(), port: port.nullish(), protocol: text.nullish() })),
});

const account = z.object({ kind: text, name, namespace: name.optional() });

export const trafficTargetObject = z.object({
  metadata: meta,
  spec: z.object({
    destination: account,
    sources: z.array(account).default([]),
    rules: z.array(z.object({ kind: text, name, matches: z.array(text).default([]) })).default([]),
  }),
});

const headerMap = z.record(z.string().regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,256}$/), z.string().max(2048));
const methods = ["*", "GET", "HEAD", "PUT", "POST", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"] as const;
const method = z.string().transform((written) => written.toUpperCase()).pipe(z.enum(methods));

export const httpRouteGroupObject = z.object({
  metadata: meta,
  spec: z.object({
    matches: z.array(
      z.object({
        name: text.min(1),
        pathRegex: z.string().max(2048).default(""),
        methods: z.array(method).default([]),
        /** A map, or a list of maps: both are in use, and all entries of all of them must hold. */
        headers: headerMap.transform((map) => [map]).or(z.array(headerMap)).default([]).transform((maps) => maps.flatMap((map) => Object.entries(map))),
      }),
    ).default([]),
  }),
});

export const tcpRouteObject = z.object({
  metadata: meta,
  spec: z.object({ matches: z.object({ ports: z.array(port).default([]) }).optional() }),
});

/** `web`, `web.shop` or in full; the namespace is undefined where none is written. */
const serviceName = name.regex(/^[^.]+(\.[^.]+(\.svc(\..+)?)?)?$/).transform((written) => {
  const [service = "", namespace] = written.split(".");
  return { name: service, namespace };
});

export const trafficSplitObject = z.object({
  metadata: meta,
  spec: z.object({
    service: serviceName,
    backends: z.array(z.object({ service: serviceName, weight: z.int().min(0).max(1_000_000) })),
    matches: z.array(z.object({ kind: z.literal("HTTPRouteGroup"), name })).default([]),
  }),
});

export const meshConfigObject = z.object({
  metadata: meta,
  spec: z
    .object({ traffic: z.object({ enablePermissiveTrafficPolicyMode: z.boolean().default(false), enableEgress: z.boolean().default(false) }).prefault({}) })
    .prefault({}),
});
