import { Command } from "commander";
import type { z } from "zod";
import { openCluster, type OpenedCluster } from "../cluster/open-cluster.ts";
import { globalOptions, usualNamespace, type GlobalOptions } from "./global-options.ts";
import type { Session } from "./session.ts";

/** A command as it was asked for. */
export interface Asked<T> extends Session {
  readonly options: T;
  readonly global: GlobalOptions;
  /** Nobody said which namespace the control plane is in. */
  readonly isUsualNamespace: boolean;
  /** What stands on the command line beside options. */
  readonly names: readonly string[];
  /** Reads the kubeconfig; asks nothing of the cluster yet. @throws Unusable without one */
  readonly cluster: () => OpenedCluster;
}

/** What Commander calls for a command: reads its options and hands its exit code on. */
export function acting<S extends z.ZodType>(session: Session, schema: S, act: (asked: Asked<z.output<S>>) => Promise<number> | number) {
  return async (...given: readonly unknown[]): Promise<void> => {
    const command = given.at(-1);
    if (!(command instanceof Command)) throw new TypeError("Commander gives the command last");
    const all: unknown = command.optsWithGlobals();
    const global = globalOptions.parse(all);
    const cluster = () => openCluster(global, session.console.signal);
    const isUsualNamespace = command.getOptionValueSourceWithGlobals("osmNamespace") === "default" && global.osmNamespace === usualNamespace;
    session.done(await act({ ...session, isUsualNamespace, options: schema.parse(all), global, names: command.args, cluster }));
  };
}
