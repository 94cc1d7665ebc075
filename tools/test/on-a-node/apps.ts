import { once } from "node:events";
import type { RealCluster } from "../../cluster/for-tests.ts";

export type Counts = Readonly<Record<string, number>>;

/** What an app of the example has counted; asked within its pod, where no sidecar stands before it. */
export async function countersOf(cluster: RealCluster, app: string, namespace = app): Promise<{ readonly counters: Counts; readonly answers: Counts }> {
  const { counters, answers } = JSON.parse(await runIn(cluster, { namespace, workload: `deploy/${app}` }, `const r = await fetch("http://127.0.0.1:14001/counters"); console.log(await r.text())`));
  return { counters: countsOf(counters), answers: countsOf(answers) };
}

export interface Place {
  readonly namespace: string;
  /** `deploy/NAME` or a pod. */
  readonly workload: string;
  /** Of the pod; the app's own where it is left out. */
  readonly container?: string;
}

/** Runs a script of Node in a container, and gives what it printed. @throws Error with its complaint */
export async function runIn(cluster: RealCluster, { namespace, workload, container }: Place, script: string): Promise<string> {
  return await cluster.kubectl("-n", namespace, "exec", workload, ...(container === undefined ? [] : ["-c", container]), "--", "node", "--input-type=module", "-e", script);
}

/** Calls a URL from within a pod: the status, or the code of the error where there was none. */
export async function callFrom(cluster: RealCluster, place: Place, { url, ...options }: { readonly url: string; readonly method?: string }): Promise<string> {
  const script = `const r = await fetch(${JSON.stringify(url)}, { ...${JSON.stringify(options)}, signal: AbortSignal.timeout(10_000) }).then(({ status }) => status, ({ cause }) => cause?.code ?? "failed"); console.log(r)`;
  return (await runIn(cluster, place, script)).trim();
}

export interface Load {
  /** Ends it. What every call was answered, by answer, and when the answer was another than before. */
  end(): Promise<{ readonly sent: number; readonly answers: Counts; readonly changes: readonly string[] }>;
}

/** 75 requests a second over ten connections, half of them kept open, from within a pod. Resolves when it runs. */
export async function loadFrom(cluster: RealCluster, { namespace, workload }: Place, url: string): Promise<Load> {
  const headers = { "user-agent": "load-http-client/1", "client-app": "bookbuyer" };
  const env = [`URL=${url}`, `HEADERS=${JSON.stringify(headers)}`, "RATE=75", "CONNECTIONS=10", "REPORT=changes"];
  const script = `process.argv.slice(1).forEach((each) => { const at = each.indexOf("="); process.env[each.slice(0, at)] = each.slice(at + 1); }); await import("/app/caller.mjs")`;
  const child = cluster.spawn("-n", namespace, "exec", "-i", workload, "--", "node", "--input-type=module", "-e", script, ...env);
  const started = Promise.withResolvers<void>();
  let printed = "";
  child.stdout.setEncoding("utf8").on("data", (piece: string) => {
    printed += piece;
    started.resolve();
  });
  child.once("error", started.reject);
  const closed = once(child, "close").then(() => started.reject(new Error("the load ended before it began")));
  await started.promise;
  return {
    end: async () => {
      child.stdin.end();
      await closed;
      const lines = printed.trim().split("\n");
      const { sent, answers } = JSON.parse(lines.at(-1) ?? "");
      return { sent: Number(sent), answers: countsOf(answers), changes: lines.filter((line) => line.includes('"answer":')) };
    },
  };
}

function countsOf(value: unknown): Counts {
  return Object.fromEntries(Object.entries(Object(value)).map(([name, count]) => [name, Number(count)]));
}
