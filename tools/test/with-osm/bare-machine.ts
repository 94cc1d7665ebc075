import { spawn } from "node:child_process";
import { cp, copyFile, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { text } from "node:stream/consumers";
import { addLibraries, link, makeRoot, put } from "../../images/root-folder.ts";
import { runTool } from "../../images/run-tool.ts";
import { top } from "../../images/places.ts";

export interface Ended {
  readonly code: number;
  readonly said: string;
  readonly warned: string;
}

/** A file system with a shell, kubectl and the archive of a release in it: neither Node nor Helm, and nothing of this machine's. */
export interface BareMachine extends AsyncDisposable {
  /** Up to the first command that fails. */
  readonly run: (commands: string) => Promise<Ended>;
  /** From then on its kubectl and its osm reach a cluster. */
  readonly join: (kubeconfig: string) => Promise<void>;
}

export interface Parts {
  readonly archive: string;
  /** The program in the archive: what libraries it loads. */
  readonly program: string;
  readonly kubectl: string;
  readonly busybox: string;
  /** What `osm install` is told of images besides, as the cluster has them by names of its own. */
  readonly imageValues: readonly string[];
}

const home = "root";
/** Devices and processes are mounted where only the command sees them, so that they go with it. */
const enter = 'mount --rbind /dev "$0/dev"; mount -t proc proc "$0/proc"; exec chroot "$0" /bin/env -i HOME=/root PATH=/given:/usr/local/bin:/bin OSM_IMAGE_VALUES="$2" /bin/sh -e -c "cd /root\n$1"';
const given = '#!/bin/sh\n[ "$1" = install ] && set -- "$@" $OSM_IMAGE_VALUES\nexec /usr/local/bin/osm "$@"\n';

/** Takes root: it is a place to change root to. */
export async function openBareMachine({ archive, program, kubectl, busybox, imageValues }: Parts): Promise<BareMachine> {
  const root = await mkdtemp(join(tmpdir(), "osm-bare-"));
  await makeRoot(root);
  for (const folder of ["dev", "proc", "bin", home, "given"]) await mkdir(join(root, folder), { recursive: true });
  for (const file of ["etc/hosts", "etc/resolv.conf"]) if (existsSync(`/${file}`)) await put(`/${file}`, join(root, file), 0o644);
  await put(busybox, join(root, "bin/busybox"), 0o755);
  for (const name of (await runTool(busybox, ["--list"])).trim().split("\n").filter((each) => each !== "busybox")) await link(root, `bin/${name}`, "busybox");
  await put(kubectl, join(root, "bin/kubectl"), 0o755);
  await addLibraries(root, program);
  await copyFile(archive, join(root, home, basename(archive)));
  await cp(join(top, "docs/example"), join(root, home, "docs/example"), { recursive: true });
  await writeFile(join(root, "given/osm"), given, { mode: 0o755 });
  return {
    run: (commands) => runIn(root, commands, imageValues.join(" ")),
    // Whole: files that it names are not there.
    join: async (kubeconfig) => {
      const whole = await runTool(kubectl, ["config", "view", "--raw", "--flatten", "--minify", "--kubeconfig", kubeconfig]);
      await mkdir(join(root, home, ".kube"), { mode: 0o700 });
      await writeFile(join(root, home, ".kube/config"), whole, { mode: 0o600 });
    },
    [Symbol.asyncDispose]: async () => await rm(root, { recursive: true, force: true }),
  };
}

async function runIn(root: string, commands: string, imageValues: string): Promise<Ended> {
  const child = spawn("unshare", ["--mount", "--pid", "--fork", "--kill-child", "sh", "-e", "-c", enter, root, commands, imageValues], { stdio: ["ignore", "pipe", "pipe"] });
  const ended = new Promise<number | null>((resolve, reject) => void child.once("error", reject).once("close", resolve));
  const [said, warned, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { code: code ?? 1, said, warned };
}
