import { createHash } from "node:crypto";
import { copyFile, chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { realpathSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { top, version } from "../images/places.ts";
import { runTool } from "../images/run-tool.ts";
import { bundleCli } from "./bundle-cli.ts";
import { sourceOf } from "./source.ts";

export interface PackageOptions {
  /** The Helm that the program is to carry. */
  readonly helm: string;
  readonly into: string;
}

export interface BuiltPackage {
  /** The program that runs alone. */
  readonly program: string;
  /** What is released: a folder with the program in it. */
  readonly archive: string;
  readonly sum: string;
}

/** Go's name of this machine, as releases are called. */
export const platform = `linux-${process.arch === "arm64" ? "arm64" : "amd64"}`;
/** Where Node looks for what it carries, and the mark that says it carries something. */
const place = { name: "NODE_SEA_BLOB", fuse: "NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2" };
const fixedTimes = ["--sort=name", "--owner=0", "--group=0", "--numeric-owner", "--mtime=@0", "--format=gnu"];

/** Builds `osm` as one file that holds Node, itself, the chart and Helm, and its release archive. @throws Error */
export async function buildProgram({ helm, into }: PackageOptions): Promise<BuiltPackage> {
  await mkdir(into, { recursive: true });
  const work = await mkdtemp(join(into, "work-"));
  try {
    await bundleCli(join(work, "osm.cjs"));
    await writeAssets(work, helm);
    const program = join(into, platform, "osm");
    await mkdir(join(into, platform), { recursive: true });
    await makeExecutable(work, program);
    const archive = join(into, `osm-${version}-${platform}.tar.gz`);
    await runTool("tar", [...fixedTimes, "-C", into, "-czf", archive, `${platform}/osm`]);
    const sum = sumOf(await readFile(archive));
    await writeFile(`${archive}.sha256`, `${sum}  osm-${version}-${platform}.tar.gz\n`);
    return { program, archive, sum };
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** What is unpacked at first use, the checksums that it is held against then, and what the program is built from. */
async function writeAssets(work: string, helm: string): Promise<void> {
  const tar = join(work, "chart.tar");
  await runTool("tar", [...fixedTimes, "-C", join(top, "deploy", "helm"), "-cf", tar, "osm"]);
  const chart = await promisify(gzip)(await readFile(tar));
  const program = await readFile(helm);
  await writeFile(join(work, "chart.tgz"), chart);
  await writeFile(join(work, "helm.gz"), await promisify(gzip)(program, { level: 6 }));
  await writeFile(join(work, "source.json"), JSON.stringify((await sourceOf(top)) ?? null));
  await writeFile(join(work, "sums.json"), JSON.stringify({ "chart.tgz": sumOf(chart), "helm.gz": sumOf(program) }));
}

async function makeExecutable(work: string, program: string): Promise<void> {
  const assets = Object.fromEntries(["chart.tgz", "helm.gz", "source.json", "sums.json"].map((name) => [name, join(work, name)]));
  // No NODE_OPTIONS of the user's: what they mean for Node is none of this program's business.
  const config = { main: join(work, "osm.cjs"), output: join(work, "blob"), disableExperimentalSEAWarning: true, useCodeCache: true, execArgvExtension: "none", assets };
  await writeFile(join(work, "sea.json"), JSON.stringify(config));
  await runTool(process.execPath, ["--experimental-sea-config", join(work, "sea.json")]);
  const draft = join(work, "osm");
  await copyFile(realpathSync(process.execPath), draft);
  await chmod(draft, 0o755);
  await inject(draft, await readFile(join(work, "blob")));
  await copyFile(draft, program);
}

/** In a process of its own: postject holds several copies of the file in memory. */
async function inject(program: string, blob: Uint8Array): Promise<void> {
  const file = `${program}.blob`;
  await writeFile(file, blob);
  const postject = createRequire(import.meta.url).resolve("postject/dist/cli.js");
  await runTool(process.execPath, [postject, program, place.name, file, "--sentinel-fuse", place.fuse]);
}

function sumOf(content: Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}
