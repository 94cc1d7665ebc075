import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { isSea } from "node:sea";
import type { Env } from "@osm/runtime";
import { Unusable } from "../unusable.ts";
import { unpacked } from "./unpack.ts";

/** The chart that the user names, else the one that belongs to this program. @throws Unusable */
export async function chartFor(named: string, env: Env): Promise<string> {
  if (named === "") return await carriedChart(env);
  if (!existsSync(named)) throw new Unusable(`there is no chart at ${named}: correct --osm-chart-path`);
  return named;
}

/** Within this program, or in the tree that it runs from. @throws Unusable */
export async function carriedChart(env: Env): Promise<string> {
  if (isSea()) return await unpacked({ asset: "chart.tgz", name: "osm.tgz", executable: false }, env);
  const chart = join(import.meta.dirname, "../../../deploy/helm/osm");
  if (existsSync(chart)) return chart;
  throw new Unusable(`there is no chart at ${chart}: name one with --osm-chart-path`);
}

/** `OSM_HELM_BIN`, else the Helm within this program, else the one on the PATH. @throws Unusable */
export async function helmProgram(env: Env): Promise<string> {
  const named = env["OSM_HELM_BIN"];
  if (named) {
    if (!existsSync(named)) throw new Unusable(`there is no Helm at ${named}: correct OSM_HELM_BIN, or unset it`);
    return named;
  }
  if (isSea()) return await unpacked({ asset: "helm.gz", name: "helm", executable: true }, env);
  const found = (env["PATH"] ?? "").split(delimiter).map((folder) => join(folder, "helm")).find((file) => existsSync(file));
  if (found !== undefined) return found;
  throw new Unusable("there is no Helm: install Helm 3.14 or newer, or name it with OSM_HELM_BIN; a released osm brings its own");
}
