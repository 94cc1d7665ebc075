import fc from "fast-check";
import type { Call, Intrusion } from "@osm/simulate";
import { objectsOf, type Plan } from "./plan.ts";

export interface RandomWorld {
  /** Kubernetes objects, good and bad ones mixed. */
  readonly objects: readonly object[];
  readonly calls: readonly Call[];
  readonly intrusions: readonly Intrusion[];
}

// Small pools, so that names meet: most worlds hold a few services that somebody is allowed to call.
const namespace = often<string>(["a", 12], ["b", 2], ["c", 1]);
const account = often<string>(["cook", 6], ["waiter", 4], ["guest", 1]);
const serviceName = fc.constantFrom("one", "two", "three", "four");
const addresses = ["10.96.0.1", "10.96.0.2", "10.96.0.3", "10.96.0.4", "10.96.0.5", "10.96.0.6"];

function often<T>(...weighted: readonly (readonly [T, number])[]): fc.Arbitrary<T> {
  return fc.oneof(...weighted.map(([value, weight]) => ({ arbitrary: fc.constant(value), weight })));
}

function upTo<T>(item: fc.Arbitrary<T>, most: number, least = 0): fc.Arbitrary<T[]> {
  return fc.array(item, { minLength: least, maxLength: most, size: "max" });
}

/** One to three; now and then none. */
function mostly<T>(item: fc.Arbitrary<T>): fc.Arbitrary<T[]> {
  return fc.oneof({ arbitrary: upTo(item, 3, 1), weight: 20 }, { arbitrary: fc.constant<T[]>([]), weight: 1 });
}

const pod = fc.record({
  namespace,
  account,
  app: fc.constantFrom("x", "y"),
  tier: fc.constantFrom("l", "m"),
  isMeshed: often([true, 9], [false, 1]),
  isReady: often([true, 6], [false, 1]),
  isRunning: often([true, 12], [false, 1]),
  web: often<number>([8080, 8], [9000, 1]),
});

const servicePort = fc.record({
  protocol: fc.constantFrom("http", "http", "grpc", "tcp", "tcp-server-first", "web", ""),
  appProtocol: often<string | undefined>([undefined, 10], ["HTTP", 1], ["tcp", 1], ["quic", 1]),
  targetPort: often<number | string | undefined>([8080, 6], [9000, 2], ["web", 2], ["missing", 1], [undefined, 1]),
  isUdp: often([false, 15], [true, 1]),
});

const service = fc.record({
  namespace,
  name: serviceName,
  address: often<string>(...addresses.map((address) => [address, 3] as const), ["None", 3]),
  isExternal: often([false, 20], [true, 1]),
  selector: often<Readonly<Record<string, string>>>([{ app: "x" }, 4], [{ app: "y" }, 4], [{ tier: "l" }, 2], [{ app: "x", tier: "m" }, 2], [{}, 1]),
  /** One at 80, and perhaps one at 90. */
  ports: upTo(servicePort, 2, 1),
});

const subject = fc.record({
  kind: often<string>(["ServiceAccount", 30], ["Group", 1]),
  name: account,
  namespace: fc.oneof({ arbitrary: fc.constant(undefined), weight: 5 }, { arbitrary: namespace, weight: 1 }),
});

const matchName = often<string>(["read", 6], ["write", 6], ["nothing", 1]);

function rule() {
  const http = fc.record({ kind: fc.constant("HTTPRouteGroup"), name: often<string>(["books", 8], ["films", 4], ["lost", 1]), matches: fc.option(upTo(matchName, 2), { nil: undefined }) });
  const bytes = fc.record({ kind: fc.constant("TCPRoute"), name: often<string>(["wire", 8], ["tube", 4], ["lost", 1]), matches: fc.constant(undefined) });
  const strange = fc.record({ kind: fc.constant("UDPRoute"), name: fc.constant("wire"), matches: fc.constant(undefined) });
  return fc.oneof({ arbitrary: http, weight: 12 }, { arbitrary: bytes, weight: 8 }, { arbitrary: strange, weight: 1 });
}

const target = fc.record({
  version: often<string>(["v1alpha3", 20], ["v1alpha1", 1]),
  namespace,
  destination: fc.record({ kind: often<string>(["ServiceAccount", 30], ["Group", 1]), name: account, namespace: often<string | undefined>([undefined, 12], ["a", 3], ["b", 1]) }),
  sources: mostly(subject),
  rules: mostly(rule()),
});

const pattern = often<string>(["/books", 3], ["/books/.*", 3], [".*", 4], ["", 3], ["/(books|films)", 1], ["/a\\d+", 1], ["(", 1], ["(a)\\1", 1]);
const pair = fc.record({ name: fc.constantFrom("x-kind", "X-Kind", "host", "Host", "user-agent"), value: often<string>(["good", 4], [".*", 2], ["one\\.a", 2], ["10\\.96\\..*", 1], ["(", 1]) });

function headers() {
  const pairs = fc.uniqueArray(pair, { maxLength: 2 });
  const asMap = pairs.map((all) => Object.fromEntries(all.map(({ name, value }) => [name, value])));
  const asList = pairs.map((all) => all.map(({ name, value }) => ({ [name]: value })));
  const byHost = fc.constant({ host: "one\\.a" });
  return fc.oneof({ arbitrary: fc.constant(undefined), weight: 4 }, { arbitrary: byHost, weight: 1 }, { arbitrary: asMap, weight: 1 }, { arbitrary: asList, weight: 1 });
}

const match = fc.record({
  name: fc.constantFrom("read", "write"),
  pathRegex: fc.option(pattern, { nil: undefined }),
  methods: fc.option(upTo(often<string>(["GET", 16], ["POST", 8], ["*", 8], ["FETCH", 1]), 2), { nil: undefined }),
  headers: headers(),
});

const group = fc.record({ namespace, name: fc.constantFrom("books", "films"), matches: mostly(match) });

const tcpRoute = fc.record({
  namespace,
  name: fc.constantFrom("wire", "tube"),
  matches: fc.constantFrom<object | undefined>(undefined, {}, { ports: [] }, { ports: [8080] }, { ports: [9000] }, { ports: [8080, 9000] }, { ports: [0] }, [{ ports: [8080] }]),
});

const split = fc.record({
  version: often<string>(["v1alpha2", 14], ["v1alpha4", 9], ["v1alpha1", 1]),
  namespace,
  root: serviceName,
  form: often<string>(["", 12], [".a", 2], [".a.svc.cluster.local", 1], [".b", 1]),
  backends: upTo(fc.record({ service: serviceName, weight: often<number>([1, 9], [3, 9], [0, 4], [-1, 1]) }), 4, 1),
  matches: upTo(often<string>(["books", 6], ["lost", 1]), 1),
});

const path = often<string>(
  ["/books", 6], ["/books/1", 4], ["/films", 2], ["/books?page=1", 2], ["//books", 1], ["/x/../books", 1], ["/./books/", 1], ["/books%2F1", 1], ["/a1", 1], ["/", 1],
);
const http = fc.record({
  kind: fc.constant("http" as const),
  method: often<string>(["GET", 4], ["POST", 2], ["DELETE", 1]),
  path,
  headers: often<Readonly<Record<string, string>>>([{}, 6], [{ "x-kind": "good" }, 6], [{ host: "one.a:80" }, 4], [{ "x-kind": "bad", host: "one" }, 1], [{ x_kind: "good" }, 1], [{ "user-agent": "good", "x-kind": "good" }, 2]),
});
const bytes = fc.record({ kind: fc.constant("tcp" as const), serverFirst: fc.boolean() });

/** Mostly an address that somebody claims, so that calls get somewhere. */
const call = fc.record({ from: fc.nat(5), to: fc.oneof({ arbitrary: fc.nat(15), weight: 9 }, { arbitrary: fc.nat(40), weight: 1 }), speaks: fc.oneof({ arbitrary: http, weight: 2 }, { arbitrary: bytes, weight: 1 }) });

/** Straight to a pod's port, whatever the pod's own sidecar would have said. */
const intrusion = fc.record({
  from: fc.nat(5),
  to: fc.nat(5),
  port: often<number>([8080, 6], [9000, 4], [80, 1], [7000, 1]),
  offers: often<readonly string[]>([["osm-tcp"], 6], [["osm"], 2], [["osm-http"], 2], [["osm", "osm-tcp"], 2], [["h2", "osm-tcp"], 1], [["h2"], 1], [[], 1]),
  wasOpen: often([false, 2], [true, 1]),
  speaks: fc.oneof({ arbitrary: http, weight: 1 }, { arbitrary: bytes, weight: 2 }),
});

const plan: fc.Arbitrary<Plan> = fc.record({
  namespaces: fc.record({
    a: fc.constantFrom({ "openservicemesh.io/monitored-by": "osm" }, { "osm-injection": "enabled" }),
    b: often<Readonly<Record<string, string>>>([{ "openservicemesh.io/monitored-by": "osm" }, 4], [{}, 1]),
    c: fc.constantFrom<Readonly<Record<string, string>>>(
      { "openservicemesh.io/monitored-by": "other", "osm-injection": "enabled" }, { "openservicemesh.io/monitored-by": "osm", "openservicemesh.io/ignore": "true" }, { "openservicemesh.io/monitored-by": "osm" },
    ),
  }),
  pods: upTo(pod, 6, 2),
  services: upTo(service, 7, 3),
  targets: upTo(target, 6, 2),
  groups: upTo(group, 4, 1),
  tcpRoutes: upTo(tcpRoute, 3),
  splits: upTo(split, 3),
  config: fc.record({ isThere: often([true, 8], [false, 1]), permissive: often([false, 6], [true, 1]), egress: often([false, 8], [true, 1]) }),
  calls: upTo(call, 16, 8),
  intrusions: upTo(intrusion, 12, 6),
});

/** Worlds of a handful of objects, with calls. */
export const randomWorld: fc.Arbitrary<RandomWorld> = plan.map((each) => objectsOf(each, { addresses }));
