import { writeFile } from "node:fs/promises";
import { askPod } from "@osm/kube";
import { type Command, InvalidArgumentError } from "commander";
import { z } from "zod";
import { findPod } from "../cluster/pods.ts";
import { acting, type Asked } from "../frame/acting.ts";
import { labelOf, portOf } from "../frame/arguments.ts";
import type { Session } from "../frame/session.ts";
import { Unmet } from "../unusable.ts";

const asking = z.object({ namespace: z.string(), file: z.string().default(""), localPort: z.number() });

export function addProxy(program: Command, session: Session): void {
  const proxy = program.command("proxy").description("Asks the Envoy of a pod.");
  withOptions(proxy.command("get").description("Prints what a pod's Envoy answers to a query of its admin interface: config_dump, clusters, certs, stats, listeners, ready and others.")
    .argument("<query>", "the path, as config_dump or stats?filter=cluster", queryOf).argument("<pod>", "the pod"))
    .action(acting(session, asking, async (asked) => await ask(asked, { method: "GET", query: asked.names[0] ?? "", pod: asked.names[1] ?? "" })));
  withOptions(proxy.command("set").description("Changes what a pod's Envoy does until it is started anew: logging?level=debug, reset_counters and others.")
    .argument("<query>", "the path, as logging?level=debug", queryOf).argument("<pod>", "the pod"))
    .action(acting(session, asking, async (asked) => await ask(asked, { method: "POST", query: asked.names[0] ?? "", pod: asked.names[1] ?? "" })));
  // As it was called in 0.6.
  withOptions(proxy.command("dump-config", { hidden: true }).description("The same as proxy get config_dump.").argument("<pod>", "the pod"))
    .action(acting(session, asking, async (asked) => await ask(asked, { method: "GET", query: "config_dump", pod: asked.names[0] ?? "" })));
}

function withOptions(command: Command): Command {
  return command.option("-n, --namespace <name>", "namespace of the pod", labelOf, "default")
    .option("-f, --file <file>", "write the answer to a file")
    .option("-p, --local-port <port>", "port of the admin interface in the pod", portOf, 15_000);
}

function queryOf(value: string): string {
  if (!/^\/?[a-z_]+[!-~]*$/.test(value)) throw new InvalidArgumentError("A query is a path, as config_dump or stats?filter=cluster.");
  return value;
}

interface Query {
  readonly method: "GET" | "POST";
  readonly query: string;
  readonly pod: string;
}

async function ask({ options: { namespace, file, localPort: port }, cluster, console }: Asked<z.output<typeof asking>>, { method, query, pod }: Query): Promise<number> {
  const opened = cluster();
  const found = await findPod(opened, namespace, pod);
  if (!found) throw new Unmet(`there is no pod ${namespace}/${pod}: -n names its namespace, and kubectl get pods -n ${namespace} lists those that there are`);
  if (!found.hasSidecar) throw new Unmet(`pod ${namespace}/${pod} has no sidecar, so there is no Envoy to ask: osm namespace list says where pods get one`);
  const answer = await askPod(opened.choice, { namespace, pod, port, method, path: `/${query.replace(/^\//, "")}`, signal: console.signal });
  if (answer.status >= 400) throw new Unmet(`the Envoy of pod ${namespace}/${pod} answers ${answer.status} to ${method} ${query}: ${answer.text.trim().slice(0, 300)}`);
  if (file === "") console.say(answer.text.trimEnd());
  else await writeFile(file, answer.text);
  return 0;
}
