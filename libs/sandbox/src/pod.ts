import type { Outcome, PipedProcess } from "./commands.ts";
import type { LoopbackRequest } from "./dial.ts";
import type { Labels, PodPort } from "./pod-object.ts";

export interface PodSpec {
  readonly namespace: string;
  readonly name: string;
  readonly serviceAccount: string;
  readonly labels: Labels;
  readonly ports: readonly PodPort[];
  readonly command: AppCommand;
  /** With one, the pod's traffic is captured by the injector's rules and goes through an Envoy. */
  readonly sidecar: boolean;
}

export interface AppCommand {
  readonly argv: readonly string[];
  /** All of its environment but PATH and HOME. */
  readonly env: Readonly<Record<string, string>>;
  /** User and group id; 1000 when absent. */
  readonly user?: number;
}

export type Container = "app" | "envoy";

export interface StopOptions {
  /**
   * True: the endpoint is marked terminating, then `beforeKill` runs, then the app and after it the sidecar get SIGTERM and
   * 10 s each. False: everything is killed at once, and the cluster learns of it after.
   */
  readonly graceful: boolean;
  readonly beforeKill?: () => Promise<void>;
}

/** A pod that runs. Commands in it run in `/`, as user 1000 unless told otherwise. */
export interface Pod extends AsyncDisposable {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly ip: string;
  /** Absent where pods have none. */
  readonly ip6?: string;
  /** Runs a command to its end. */
  exec(argv: readonly string[], options?: ExecOptions): Promise<Outcome>;
  /** Starts a process beside the app; it ends with the pod at the latest. */
  spawn(argv: readonly string[], options?: ExecOptions): PipedProcess;
  /** Asks the sidecar's admin server, which listens on the pod's loopback only. @returns the body, whatever the status. */
  admin(path: string, method?: "GET" | "POST"): Promise<string>;
  /** Asks an HTTP server on the pod's own loopback, past its sidecar. @returns the body, whatever the status. */
  fetch(request: LoopbackRequest): Promise<string>;
  /** All that a container has written so far. */
  logs(container: Container): Promise<string>;
  /** Passes or fails the pod's readiness: its EndpointSlices say so when this returns. */
  setReady(ready: boolean): void;
  /** Gives the sidecar a new token ahead of time. */
  renewToken(): void;
  /** Stops it and removes all traces of it but its logs. A second call waits for the first. */
  stop(options: StopOptions): Promise<void>;
}

export interface ExecOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly user?: number;
}

export const appUser = 1000;

const dnsLabel = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

/** @throws TypeError for names that Kubernetes would not take, or that could not be part of a path. */
export function checkSpec({ namespace, name, serviceAccount, command }: PodSpec): void {
  for (const text of [namespace, name, serviceAccount]) {
    if (!dnsLabel.test(text)) throw new TypeError(`not a name in a cluster: ${JSON.stringify(text)}`);
  }
  if (command.argv.length === 0) throw new TypeError(`pod ${namespace}/${name} has no command`);
}
