import { once } from "node:events";
import { forwardPort } from "@osm/kube";
import { Option, type Command } from "commander";
import { z } from "zod";
import type { OpenedCluster } from "../cluster/open-cluster.ts";
import { listPods, type PodObject } from "../cluster/pods.ts";
import { openBrowser } from "../dashboard/open-browser.ts";
import { acting, type Asked } from "../frame/acting.ts";
import { portOf, truthOf } from "../frame/arguments.ts";
import type { Session } from "../frame/session.ts";
import { Unmet } from "../unusable.ts";

const usualPort = 3000;
const asking = z.object({ localPort: z.number(), remotePort: z.number().optional(), openBrowser: z.boolean() });

export function addDashboard(program: Command, session: Session): void {
  program.command("dashboard").summary("show the mesh's dashboards").description("Leads a port of this machine to the Grafana of the mesh, until it is interrupted.")
    .option("-p, --local-port <port>", "port of this machine", portOf, usualPort)
    .option("-r, --remote-port <port>", "port of Grafana in its pod; what the pod says when left out", portOf)
    .addOption(new Option("-b, --open-browser [bool]", "show it in a browser").argParser(choiceOf).default(true))
    .action(acting(session, asking, show));
}

/** Of `-b=false` too, which OSM's users type. */
function choiceOf(value: string): boolean {
  return truthOf(value.replace(/^=/, ""));
}

async function show({ options: { localPort, remotePort, openBrowser: isShown }, global: { osmNamespace: namespace }, cluster, console }: Asked<z.output<typeof asking>>): Promise<number> {
  const opened = cluster();
  const { name: pod, ports } = await grafanaPod(opened, namespace);
  const port = remotePort ?? ports.get("http") ?? usualPort;
  await using forwarded = await forwardPort(opened.choice, { namespace, pod, port, localPort, complain: (words) => console.warn(`osm: ${words}`) });
  const address = `http://localhost:${forwarded.localPort}`;
  console.say(`Grafana of pod ${namespace}/${pod} is at ${address} until this command is interrupted`);
  if (isShown && !(await openBrowser(address))) console.warn("osm: no browser could be opened here: open the address yourself");
  if (!console.signal.aborted) await once(console.signal, "abort");
  return 0;
}

/** One that answers. @throws Unmet with the way to have one */
async function grafanaPod(cluster: OpenedCluster, namespace: string): Promise<PodObject> {
  const pods = (await listPods(cluster, namespace)).filter(({ labels }) => labels["app"] === "osm-grafana");
  const ready = pods.find((each) => each.ready);
  if (ready) return ready;
  const [other] = pods;
  if (other) throw new Unmet(`pod ${namespace}/${other.name} is not ready, so there is nothing to show yet: kubectl describe pod ${other.name} -n ${namespace} says why`);
  throw new Unmet(`there is no Grafana in namespace ${namespace}: osm mesh upgrade --osm-namespace ${namespace} --set osm.deployPrometheus=true,osm.deployGrafana=true brings one, --osm-namespace names another mesh's, and --set osm.grafana.dashboards=true is for a Grafana of your own`);
}
