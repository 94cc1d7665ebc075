import { compileMesh, type CompiledMesh } from "@osm/compile";
import { emptyState, fold, podUid, type Fact, type MeshState, type Resource } from "@osm/model";
import fc from "fast-check";
import { expect, test } from "vitest";
import { settings } from "./mesh-of.ts";

// Small pools, so that the facts of a sequence keep changing the same few objects.
const namespace = fc.constantFrom("a", "b");
const account = fc.constantFrom("cook", "waiter");
const service = fc.constantFrom("one", "two", "three");
const pod = fc.constantFrom("pod-0", "pod-1", "pod-2");
const app = fc.constantFrom("x", "y");
const identity = fc.record({ namespace, serviceAccount: account });
const some = <T>(item: fc.Arbitrary<T>) => fc.array(item, { minLength: 1, maxLength: 2 });

const servicePort = fc.record({
  port: fc.constantFrom(80, 90),
  targetPort: fc.constantFrom<number | string>(8080, 9000, "web", "missing"),
  protocol: fc.constantFrom("http", "tcp", "tcp-server-first", "detect"),
});
const match = fc.record({ name: fc.constantFrom("read", "write"), pathRegex: fc.constantFrom("/.*", "/a", "("), methods: fc.constantFrom([], ["GET"]), headers: fc.constant({}) });
const rule = fc.oneof(
  fc.record({ kind: fc.constant("HTTPRouteGroup" as const), name: fc.constantFrom("books", "films"), matches: fc.constantFrom<string[]>([], ["read"]) }),
  fc.record({ kind: fc.constant("TCPRoute" as const), name: fc.constantFrom("wire"), matches: fc.constant([]) }),
);
const tls = fc.constantFrom({ min: "TLSv1_2", max: "TLSv1_3", cipherSuites: [], ecdhCurves: [] } as const, { min: "TLSv1_3", max: "TLSv1_3", cipherSuites: [], ecdhCurves: [] } as const);

const config = fc.record({ kind: fc.constant("MeshConfig" as const), namespace: fc.constant("osm-system"), name: fc.constant("config"), permissive: fc.boolean(), egress: fc.boolean(), tls });

const pods = fc
  .record({ namespace, name: pod, serviceAccount: account, app, web: fc.constantFrom(8080, 9000), meshed: fc.constantFrom(true, true, true, false), isSix: fc.boolean() })
  .map(({ app: label, web, isSix, ...rest }) => {
    const { namespace: home, name } = rest;
    return { kind: "Pod", ...rest, uid: podUid(`${home}-${name}`), labels: { app: label, tier: "l" }, ips: [ipOf(name), ...(isSix ? [ip6Of(name)] : [])], ports: { web } } as const;
  });
const selector = fc.constantFrom<Record<string, string>>({ app: "x" }, { app: "y" }, { tier: "l", app: "x" }, {});
const servicePorts = fc.uniqueArray(servicePort, { minLength: 1, maxLength: 2, selector: ({ port }) => port });
const services = fc
  .record({ namespace, name: service, ip: fc.constantFrom(["10.96.0.1"], ["10.96.0.2", "fd00::2"], ["fd00::3"]), headless: fc.constantFrom(true, false, false), selector, ports: servicePorts })
  .map(({ ip, ports, ...rest }) => ({ kind: "Service", ...rest, clusterIps: rest.headless ? [] : ip, ports: ports.map((each) => ({ ...each, name: `p-${each.port}` })) }) as const);
const behind = fc.uniqueArray(fc.record({ pod, ready: fc.boolean() }), { maxLength: 3, selector: (each) => each.pod });
const endpointSlices = fc.record({ namespace, service, at: fc.constantFrom("0", "1", "six"), endpoints: behind, number: fc.constantFrom(8080, 9000) }).map(({ at, number, endpoints, ...rest }) => {
  const ports = [{ name: "p-80", port: number }, { name: "p-90", port: 9000 }];
  return { kind: "EndpointSlice", ...rest, name: `${rest.service}-${at}`, ports, endpoints: endpoints.map((each) => ({ ...each, address: at === "six" ? ip6Of(each.pod) : ipOf(each.pod) })) } as const;
});
const targets = fc.record({ kind: fc.constant("TrafficTarget" as const), namespace, name: fc.constantFrom("t-0", "t-1", "t-2"), destination: identity, sources: some(identity), rules: some(rule) });
const groups = fc.record({ kind: fc.constant("HTTPRouteGroup" as const), namespace, name: fc.constantFrom("books", "films"), matches: some(match) });
const tcpRoutes = fc.record({ kind: fc.constant("TCPRoute" as const), namespace, name: fc.constant("wire"), ports: fc.constantFrom<number[]>([], [8080], [9000]) });
const backends = some(fc.record({ service, weight: fc.constantFrom(0, 1, 3) }));
const splits = fc.record({ kind: fc.constant("TrafficSplit" as const), namespace, name: fc.constantFrom("s-0", "s-1"), service, backends, matches: fc.constantFrom<string[]>([], ["books"]) });

const fact: fc.Arbitrary<Fact> = fc.oneof(
  { weight: 5, arbitrary: pods },
  { weight: 4, arbitrary: services },
  { weight: 5, arbitrary: endpointSlices },
  { weight: 6, arbitrary: targets },
  { weight: 2, arbitrary: groups },
  { weight: 1, arbitrary: tcpRoutes },
  { weight: 2, arbitrary: splits },
  { weight: 1, arbitrary: config },
);

function ipOf(podName: string): string {
  return `10.0.0.${podName.at(-1)}`;
}

function ip6Of(podName: string): string {
  return `fd00:1::${podName.at(-1)}`;
}

/** Facts that come, and objects that go: at each step some of either, folded together. */
const turn = fc.array(fc.record({ fact, isGone: fc.oneof({ weight: 4, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }) }), { minLength: 1, maxLength: 3 });
const beginning = fc.tuple(config, fc.array(fact, { minLength: 20, maxLength: 40, size: "max" })).map(([first, rest]): readonly Fact[] => [first, ...rest]);

function after(state: MeshState, turns: readonly { readonly fact: Fact; readonly isGone: boolean }[]): MeshState {
  return turns.reduce((folded, { fact: each, isGone }) => fold(folded, isGone ? { gone: each } : { fact: each }, folded.revision + 1), state);
}

/** All that is compiled; a digest stands for its bytes. What stood before is the same for both: the doors depend on it. */
function content({ cache, ...mesh }: CompiledMesh) {
  const named = ({ type, name, digest, needs }: Resource) => `${type} ${name} ${digest} ${needs.join()}`;
  return { ...mesh, resources: [...mesh.resources].map(([key, each]) => `${key} ${named(each)}`), assignments: mesh.assignments.map(named), kept: [...cache.views.keys(), ...cache.outbound.keys()] };
}

test("what is compiled on top of what was before is what is compiled anew", { timeout: 180_000 }, () => {
  fc.assert(
    fc.property(beginning, fc.array(turn, { minLength: 3, maxLength: 6 }), (first, turns) => {
      let state = after(emptyState, first.map((each) => ({ fact: each, isGone: false })));
      let mesh = compileMesh(state, settings);
      for (const each of turns) {
        state = after(state, each);
        const anew = compileMesh(state, settings, { views: mesh.views });
        mesh = compileMesh(state, settings, mesh);
        expect(content(mesh)).toEqual(content(anew));
      }
    }),
    { numRuns: 500 },
  );
});

test("the sequences get somewhere: many compile to views that lead to services", () => {
  const meshes = fc.sample(beginning, 500).map((facts) => compileMesh(after(emptyState, facts.map((each) => ({ fact: each, isGone: false }))), settings));
  const leading = meshes.filter(({ assignments, views }) => assignments.length > 0 && views.length > 1);
  // A third of them, give or take: so many that chance does not matter.
  expect(leading.length).toBeGreaterThan(110);
});

test("endpoints that come and go leave everything else as it is, the very same", () => {
  const facts: readonly Fact[] = [
    { kind: "MeshConfig", namespace: "osm-system", name: "config", permissive: true, egress: false, tls: { min: "TLSv1_2", max: "TLSv1_3", cipherSuites: [], ecdhCurves: [] } },
    { kind: "Pod", namespace: "a", name: "pod", uid: podUid("uid"), serviceAccount: "cook", labels: { app: "x" }, ips: ["10.0.0.1"], ports: {}, meshed: true },
    { kind: "Service", namespace: "a", name: "one", clusterIps: ["10.96.0.1"], headless: false, selector: { app: "x" }, ports: [{ name: "http", port: 80, targetPort: 8080, protocol: "http" }] },
  ];
  const state = after(emptyState, facts.map((each) => ({ fact: each, isGone: false })));
  const slice = { kind: "EndpointSlice", namespace: "a", name: "one-0", service: "one", ports: [{ name: "http", port: 8080 }], endpoints: [{ address: "10.0.0.1", ready: true, pod: "pod" }] } as const;
  const before = compileMesh(state, settings);
  const mesh = compileMesh(fold(state, { fact: slice }, 9), settings, before);
  expect(mesh.assignments[0]?.digest).not.toBe(before.assignments[0]?.digest);
  expect(mesh.views).toBe(before.views);
  expect(mesh.resources).toBe(before.resources);
});

test("a pod that changes its account is no longer an endpoint of the one before", () => {
  const cook = { namespace: "a", serviceAccount: "cook" };
  const podOf = (at: number, serviceAccount: string): Fact =>
    ({ kind: "Pod", namespace: "a", name: `pod-${at}`, uid: podUid(`uid-${at}`), serviceAccount, labels: { app: "x" }, ips: [`10.0.0.${at}`], ports: {}, meshed: true });
  const facts: readonly Fact[] = [
    podOf(0, "cook"), podOf(1, "waiter"), podOf(2, "cook"),
    { kind: "Service", namespace: "a", name: "one", clusterIps: ["10.96.0.1"], headless: false, selector: { app: "x" }, ports: [{ name: "http", port: 80, targetPort: 8080, protocol: "http" }] },
    { kind: "EndpointSlice", namespace: "a", name: "one-0", service: "one", ports: [{ name: "http", port: 8080 }], endpoints: [0, 1, 2].map((at) => ({ address: `10.0.0.${at}`, ready: true, pod: `pod-${at}` })) },
    { kind: "TCPRoute", namespace: "a", name: "wire", ports: [] },
    { kind: "TrafficTarget", namespace: "a", name: "t", destination: cook, sources: [cook], rules: [{ kind: "TCPRoute", name: "wire", matches: [] }] },
  ];
  const state = after(emptyState, facts.map((each) => ({ fact: each, isGone: false })));
  const before = compileMesh(state, settings);
  const moved = fold(state, { fact: podOf(2, "waiter") }, 9);
  const mesh = compileMesh(moved, settings, before);
  expect(mesh.assignments.map(({ name }) => name)).toEqual(["a/one|8080@cook"]);
  expect(mesh.assignments[0]?.digest).not.toBe(before.assignments[0]?.digest);
  expect(content(mesh)).toEqual(content(compileMesh(moved, settings, { views: before.views })));
});
