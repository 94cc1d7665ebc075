// Who may import whom. tools/test/boundaries.test.ts proves that each rule fires; what a service may reach through
// others is in tools/boundaries/reach.ts.
const pure = "^libs/(model|intake|compile|inject|admission|pki|ads|simulate)/src/";
/** Packages that only compute. */
const computes = "zod|yaml|@bufbuild/protobuf|re2js";
const tests = "(^|/)(test|bench)/";
/** A package of npm, in pnpm's layout or a flat one. */
const npm = (names) => `(^|/)node_modules/(${names})(/|$)`;

const forbidden = [
  {
    name: "no-cycles",
    comment: "Two files that need each other are one, or hide a third.",
    from: {},
    to: { circular: true },
  },
  {
    name: "no-unresolvable",
    comment: "An import that does not resolve escapes every other rule.",
    from: {},
    to: { couldNotResolve: true },
  },
  {
    name: "pure-core",
    comment: "A decision has no clock, no socket and no file.",
    from: { path: pure },
    to: { dependencyTypes: ["core", "npm", "npm-dev", "npm-no-pkg"], pathNot: `${npm(computes)}|^crypto$` },
  },
  {
    name: "crypto-in-two-places",
    comment: "The pure core hashes in one file and signs in one other.",
    from: { path: pure, pathNot: "^libs/(model/src/digest|pki/src/crypto)[.]ts$" },
    to: { dependencyTypes: ["core"], path: "^crypto$" },
  },
  {
    name: "core-knows-no-shell",
    comment: "What decides does not know what drives it.",
    from: { path: pure },
    to: { path: "^(services|cli|demo)/|^libs/(kube|bus|store|runtime|sandbox|testkit)/" },
  },
  {
    name: "libs-know-no-services",
    comment: "Processes are made of libs, never the other way round.",
    from: { path: "^libs/" },
    to: { path: "^(services|cli|demo|tools)/" },
  },
  {
    name: "services-meet-on-the-bus",
    comment: "One service never calls into another.",
    from: { path: "^services/([^/]+)/" },
    to: { path: "^(services|cli|demo)/", pathNot: "^services/$1/" },
  },
  {
    name: "demo-is-a-leaf",
    comment: "The demo shows what stands without it.",
    from: { pathNot: "^demo/" },
    to: { path: "^demo/" },
  },
  {
    name: "clients-behind-adapters",
    comment: "Only an adapter holds a client of NATS, Redis or Kubernetes.",
    from: { pathNot: "^libs/(kube|bus|store)/" },
    to: { path: npm("@nats-io/[^/]+|nats|ioredis|redis|@kubernetes/[^/]+") },
  },
  {
    name: "traces-in-runtime",
    comment: "OpenTelemetry stays behind our own tracer: what is off is not even loaded.",
    from: { pathNot: "^libs/runtime/" },
    to: { path: npm("@opentelemetry/[^/]+") },
  },
  {
    name: "grpc-in-xds",
    comment: "gRPC is what Envoy speaks to xds; nobody else needs it.",
    from: { pathNot: `^services/xds/|^demo/|${tests}` },
    to: { path: npm("@grpc/[^/]+") },
  },
  {
    name: "testkit-in-tests",
    comment: "What tests stand on is in nothing that runs.",
    from: { pathNot: `^libs/(testkit|test-cluster)/|${tests}` },
    to: { path: "^libs/(testkit|test-cluster)/" },
  },
  {
    name: "tests-are-leaves",
    comment: "Nothing that runs imports a test.",
    from: { path: "/src/", pathNot: "^bench/" },
    to: { path: tests, pathNot: "node_modules" },
  },
];

module.exports = {
  forbidden: forbidden.map((rule) => ({ ...rule, severity: "error" })),
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    exclude: { path: "^libs/envoy-api/gen/" },
    doNotFollow: { path: "node_modules" },
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "types", "node", "default"] },
  },
};
