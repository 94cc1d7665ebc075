import { version } from "@osm/runtime";
import { Command } from "commander";
import { addCompletion } from "./commands/completion.ts";
import { addDashboard } from "./commands/dashboard.ts";
import { addDev } from "./commands/dev.ts";
import { addEnv } from "./commands/env.ts";
import { addInstall } from "./commands/install.ts";
import { addMesh } from "./commands/mesh.ts";
import { addMetrics } from "./commands/metrics.ts";
import { addNamespace } from "./commands/namespace.ts";
import { addPolicy } from "./commands/policy.ts";
import { addProxy } from "./commands/proxy.ts";
import { addSupport } from "./commands/support.ts";
import { addUninstall } from "./commands/uninstall.ts";
import { addVerify } from "./commands/verify.ts";
import { addVersion } from "./commands/version.ts";
import { addGlobalOptions } from "./frame/global-options.ts";
import { savedSettings } from "./frame/saved-settings.ts";
import type { Session } from "./frame/session.ts";

/** All commands. @throws Unusable where the user's file of settings cannot be read */
export function createProgram(session: Session): Command {
  const { console, env } = session;
  const saved = savedSettings(env);
  const program = new Command("osm").description("Open Service Mesh: installs a mesh, and says what it does.").version(version, "--version", "print the version of this program").exitOverride();
  program.configureOutput({ writeOut: (text) => console.say(text.trimEnd()), writeErr: (text) => console.warn(text.trimEnd()) });
  program.showSuggestionAfterError().showHelpAfterError("(osm help COMMAND says more)");
  addGlobalOptions(program, env, saved);
  for (const add of commands) add(program, session);
  return program;
}

const commands: readonly ((program: Command, session: Session) => void)[] = [addInstall, addUninstall, addNamespace, addMesh, addPolicy, addVerify, addMetrics, addDashboard, addProxy, addSupport, addVersion, addEnv, addCompletion, addDev];

/** Options that may stand without a value, and take `=true` and `=false`. */
export function switchesOf(command: Command): ReadonlySet<string> {
  const own = command.options.filter(({ optional }) => optional).flatMap(({ long }) => (long === undefined || long === null ? [] : [long]));
  return new Set([...own, ...command.commands.flatMap((each) => [...switchesOf(each)])]);
}
