import { homedir } from "node:os";
import { join } from "node:path";
import type { Command } from "commander";
import { stringify } from "yaml";
import { z } from "zod";
import { acting } from "../frame/acting.ts";
import { savedSettings, settingsFile } from "../frame/saved-settings.ts";
import type { Session } from "../frame/session.ts";

export function addEnv(program: Command, session: Session): void {
  program
    .command("env")
    .summary("print the settings that commands work with")
    .description("Prints, as YAML, what a command would work with: from options, the environment and the file of settings.")
    .action(acting(session, z.unknown(), ({ global, env, console }) => {
      const { install } = savedSettings(env);
      const kubeconfig = global.kubeconfig || env["KUBECONFIG"] || join(env["HOME"] || homedir(), ".kube", "config");
      console.say(stringify({ install: { ...install, namespace: global.osmNamespace }, kubeconfig, context: global.context || "(current)", settings: settingsFile(env), verbose: global.verbose }).trimEnd());
      return 0;
    }));
}
