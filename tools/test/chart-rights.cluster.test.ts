import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { eventually, needs } from "../../libs/testkit/src/index.ts";
import { answersOf } from "./access-reviews.ts";
import { chartNeeds, openChartCluster, type ChartCluster } from "./chart-cluster.ts";
import { at, listAt, objectsIn, render } from "./rendered-chart.ts";

const own = "osm-system";
const services = ["watcher", "compiler", "ca", "xds", "injector", "setup", "renewal", "prometheus", "grafana"] as const;
type Service = (typeof services)[number];
const granting = ["ServiceAccount", "Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding"];

/** Nobody's but to show what every account may. */
const stranger = "of-nobody";
const account = (service: string) => `system:serviceaccount:${own}:osm-${service}`;

/** What is asked, and who of the mesh's own may. */
interface Row {
  readonly may: string;
  readonly where: string | undefined;
  readonly who: readonly Service[];
}

const nobody: readonly Service[] = [];
const anywhere = undefined;
const rows: readonly Row[] = [
  // What the mesh is made of is seen by who speaks of it.
  ...["pods", "services", "serviceaccounts", "endpointslices.discovery.k8s.io", "traffictargets.access.smi-spec.io", "httproutegroups.specs.smi-spec.io", "tcproutes.specs.smi-spec.io", "trafficsplits.split.smi-spec.io"].map(
    (kind): Row => ({ may: `list ${kind}`, where: anywhere, who: kind === "pods" ? ["watcher", "prometheus"] : ["watcher"] }),
  ),
  { may: "list namespaces", where: anywhere, who: ["watcher", "injector"] },
  { may: "list meshconfigs.config.openservicemesh.io", where: anywhere, who: ["watcher", "injector"] },
  { may: "patch configmaps/osm-trust-osm", where: "shop", who: ["watcher"] },
  { may: "update leases.coordination.k8s.io/osm-watcher-osm", where: own, who: ["watcher"] },
  { may: "update leases.coordination.k8s.io/another", where: own, who: nobody },
  { may: "get secrets/osm-ca-bundle", where: own, who: ["setup", "renewal"] },
  { may: "update secrets/osm-xds", where: own, who: ["setup", "renewal"] },
  ...["create secrets", "update secrets/osm-ca-bundle", "update secrets/osm-watcher"].map((may): Row => ({ may, where: own, who: ["setup"] })),
  ...["patch deployments.apps/osm-xds", "patch statefulsets.apps/osm-nats"].map((may): Row => ({ may, where: own, who: ["renewal"] })),
  ...["patch deployments.apps/osm-watcher", "update deployments.apps/osm-xds", "delete deployments.apps/osm-xds", "create jobs.batch"].map((may): Row => ({ may, where: own, who: nobody })),
  ...["mutatingwebhookconfigurations.admissionregistration.k8s.io/osm-webhook-osm", "validatingwebhookconfigurations.admissionregistration.k8s.io/osm-validator-mesh-osm"].map((kind): Row => ({ may: `patch ${kind}`, where: anywhere, who: ["injector"] })),
  { may: "create tokenreviews.authentication.k8s.io", where: anywhere, who: ["xds"] },
  // What would open the door to more.
  ...["list secrets", "watch secrets", "delete secrets", "get secrets/another", "update secrets/another"].flatMap((may) => [{ may, where: own, who: nobody }, { may, where: "shop", who: nobody }]),
  ...["get secrets/osm-ca-bundle", "create secrets", "get configmaps", "patch configmaps/another", "get leases.coordination.k8s.io/osm-watcher-osm"].map((may): Row => ({ may, where: "shop", who: nobody })),
  ...[
    "create pods", "create pods:exec", "create pods:attach", "create pods:portforward", "get pods:log", "patch pods", "delete pods", "create pods:eviction", "create pods:ephemeralcontainers", "create deployments.apps", "patch deployments.apps",
    "create serviceaccounts:token", "create serviceaccounts", "create roles.rbac.authorization.k8s.io", "bind clusterroles.rbac.authorization.k8s.io", "escalate clusterroles.rbac.authorization.k8s.io",
    "create traffictargets.access.smi-spec.io", "update traffictargets.access.smi-spec.io", "delete trafficsplits.split.smi-spec.io", "update meshconfigs.config.openservicemesh.io", "update networkpolicies.networking.k8s.io", "patch services",
  ].map((may): Row => ({ may, where: "shop", who: nobody })),
  ...["impersonate users", "patch namespaces", "delete namespaces", "get nodes", "get nodes:proxy", "create mutatingwebhookconfigurations.admissionregistration.k8s.io", "patch mutatingwebhookconfigurations.admissionregistration.k8s.io/another", "delete validatingwebhookconfigurations.admissionregistration.k8s.io/osm-validator-mesh-osm", "delete customresourcedefinitions.apiextensions.k8s.io", "create clusterrolebindings.rbac.authorization.k8s.io", "approve certificatesigningrequests.certificates.k8s.io"].map(
    (may): Row => ({ may, where: anywhere, who: nobody }),
  ),
];

const policyKinds = [
  "traffictargets.access.smi-spec.io", "httproutegroups.specs.smi-spec.io", "tcproutes.specs.smi-spec.io", "trafficsplits.split.smi-spec.io",
  "egresses.policy.openservicemesh.io", "ingressbackends.policy.openservicemesh.io", "retries.policy.openservicemesh.io", "upstreamtrafficsettings.policy.openservicemesh.io",
];

needs(...chartNeeds)("rights under the chart", () => {
  let cluster: ChartCluster;

  let whoMay: ReadonlyMap<Row, readonly Service[]>;
  const mayAll = async (who: string, where: string, all: readonly string[]) => await answersOf(cluster, all.map((may) => ({ who, may, where })));

  beforeAll(async () => {
    cluster = await openChartCluster();
    await cluster.apply(...[own, "shop", "other"].map((name) => ({ apiVersion: "v1", kind: "Namespace", metadata: { name } })));
    const grants = objectsIn(await render("--set", "osm.deployPrometheus=true,osm.deployGrafana=true")).filter((object) => granting.includes(String(at(object, "kind"))));
    await cluster.ask(grants.map((each) => stringify(each)).join("---\n"), "apply");
    await cluster.kubectl("create", "rolebinding", "ann", "--clusterrole=edit", "--user=ann", "-n", "shop");
    await cluster.kubectl("create", "rolebinding", "vic", "--clusterrole=view", "--user=vic", "-n", "shop");
    whoMay = await askRows(cluster);
    await eventually(async () => expect(await mayAll("ann", "shop", ["update traffictargets.access.smi-spec.io"])).toEqual([true]));
  });
  afterAll(async () => await cluster[Symbol.asyncDispose]());

  test("are asked of every account that there is", async () => {
    const accounts = JSON.parse(await cluster.kubectl("get", "serviceaccounts", "-n", own, "-l", "app.kubernetes.io/name=openservicemesh.io", "-o", "json"));
    expect(listAt(accounts, "items").map((each) => String(at(each, "metadata", "name"))).toSorted()).toEqual(services.map((service) => `osm-${service}`).toSorted());
  });

  test.each(rows)("$may in $where: $who", (row) => {
    expect(whoMay.get(row)).toEqual(row.who);
  });

  test("are, for each account, those of the golden and no others", async () => {
    const rights = await Promise.all(services.map(async (service) => [service, { [own]: await rulesOf(cluster, service, own), "any other namespace": await rulesOf(cluster, service, "other") }] as const));
    await expect(stringify(Object.fromEntries(rights), { lineWidth: 0 })).toMatchFileSnapshot(`${import.meta.dirname}/../../deploy/helm/goldens/rights/osm.yaml`);
  });

  describe.each(policyKinds)("of people over %s", (kind) => {
    const changes = ["create", "update", "patch", "delete"].map((verb) => `${verb} ${kind}`);
    const reads = ["get", "list", "watch"].map((verb) => `${verb} ${kind}`);

    test("who may edit a namespace may change them there and nowhere else", async () => {
      expect(new Set(await mayAll("ann", "shop", [...changes, ...reads]))).toEqual(new Set([true]));
      expect(new Set(await mayAll("ann", "other", [...changes, ...reads]))).toEqual(new Set([false]));
    });

    test("who may view a namespace may read them there and change none", async () => {
      expect(new Set(await mayAll("vic", "shop", reads))).toEqual(new Set([true]));
      expect(new Set([...(await mayAll("vic", "shop", changes)), ...(await mayAll("vic", "other", reads))])).toEqual(new Set([false]));
    });
  });

  test("who may edit a namespace changes no settings and no roots of a mesh by that", async () => {
    const asked = ["meshconfigs", "meshrootcertificates"].flatMap((kind) => ["create", "update", "patch", "delete"].map((verb) => `${verb} ${kind}.config.openservicemesh.io`));
    expect(new Set([...(await mayAll("ann", "shop", asked)), ...(await mayAll("ann", own, asked))])).toEqual(new Set([false]));
  });
});

/** All of them in one go: what takes its time is to start kubectl. */
async function askRows(cluster: ChartCluster): Promise<ReadonlyMap<Row, readonly Service[]>> {
  const answers = await answersOf(cluster, rows.flatMap(({ may, where }) => services.map((service) => ({ who: account(service), may, where }))));
  return new Map(rows.map((row, at) => [row, services.filter((_, column) => answers[at * services.length + column])]));
}

/** The rules that bind the account in a namespace, as the API server puts them together, but for those of every account. */
async function rulesOf(cluster: ChartCluster, service: string, namespace: string): Promise<readonly string[]> {
  const ask = async (who: string) => {
    const review = { apiVersion: "authorization.k8s.io/v1", kind: "SelfSubjectRulesReview", spec: { namespace } };
    const answer: unknown = JSON.parse(await cluster.ask(JSON.stringify(review), "create", "--raw", "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews", "--as", who));
    expect(at(answer, "status", "incomplete")).toBe(false);
    return listAt(answer, "status", "resourceRules").map(sentenceOf);
  };
  const everyones = new Set(await ask(account(stranger)));
  return (await ask(account(service))).filter((rule) => !everyones.has(rule)).toSorted();
}

function sentenceOf(rule: unknown): string {
  const [verbs, groups, resources, names] = ["verbs", "apiGroups", "resources", "resourceNames"].map((key) => listAt(rule, key).map(String).toSorted());
  const of = (groups ?? []).filter((group) => group !== "");
  return [verbs?.join(", "), resources?.join(", "), ...(of.length > 0 ? [`of ${of.join(", ")}`] : []), ...(names?.length ? [`named ${names.join(", ")}`] : [])].join(" ");
}
