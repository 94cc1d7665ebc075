import { KubeError } from "@osm/kube";
import { isAbort } from "@osm/runtime";
import { CommanderError } from "commander";
import { Unmet, Unusable } from "../unusable.ts";

/** How a command ends that threw: the exit code, and what is left to say. */
export interface Fault {
  readonly code: number;
  readonly message: string;
}

/** @returns undefined for what is our own fault. */
export function faultOf(error: unknown, signal: AbortSignal): Fault | undefined {
  // Commander has said it already.
  if (error instanceof CommanderError) return { code: error.exitCode === 0 ? 0 : 2, message: "" };
  if (error instanceof Unusable) return { code: 2, message: error.message };
  if (error instanceof Unmet) return { code: 1, message: error.message };
  if (isAbort(signal, error)) return { code: 1, message: "stopped before it was done" };
  if (error instanceof KubeError) return { code: 1, message: sentenceOf(error) };
  return undefined;
}

function sentenceOf({ status, reason, message }: KubeError): string {
  if (status === 401) return "the cluster does not take these credentials: log in to it again, or name others with --kubeconfig or --context";
  if (status === 403) return `the cluster does not let you: ${message}. Ask whoever administers it for that right`;
  if (status === 0 || reason === "Unreachable") return `the cluster cannot be reached: ${message}. See whether kubectl reaches it, or name another with --kubeconfig or --context`;
  return `the cluster refuses: ${message}`;
}
