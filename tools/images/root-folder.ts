import { chmod, copyFile, mkdir, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { runTool } from "./run-tool.ts";

/** What every image has: users by name, a place for temporary files, and nothing to start but what it is for. */
export async function makeRoot(root: string): Promise<void> {
  for (const folder of ["etc", "tmp", "usr/local/bin"]) await mkdir(join(root, folder), { recursive: true });
  await chmod(join(root, "tmp"), 0o1777);
  await writeFile(join(root, "etc/passwd"), "root:x:0:0:root:/:/sbin/nologin\nosm:x:1000:1000:osm:/:/sbin/nologin\nenvoy:x:1500:1500:envoy:/:/sbin/nologin\n");
  await writeFile(join(root, "etc/group"), "root:x:0:\nosm:x:1000:\nenvoy:x:1500:\n");
  await writeFile(join(root, "etc/nsswitch.conf"), "hosts: files dns\n");
}

/** Puts a program of this machine into the root, with the shared libraries that it loads at the paths where it looks for them. */
export async function addProgram(root: string, file: string, as: string): Promise<void> {
  await put(file, join(root, as), 0o755);
  await addLibraries(root, file);
}

/** Those that a program of this machine loads, for one that comes into the root in another way. */
export async function addLibraries(root: string, file: string): Promise<void> {
  for (const library of await librariesOf(file)) await put(library, join(root, library), 0o755);
}

export async function put(from: string, to: string, mode: number): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  await copyFile(from, to);
  await chmod(to, mode);
}

export async function link(root: string, from: string, to: string): Promise<void> {
  await mkdir(dirname(join(root, from)), { recursive: true });
  await symlink(to, join(root, from));
}

/** None for a static program, of which `ldd` says so with an error. */
async function librariesOf(file: string): Promise<readonly string[]> {
  const printed = await runTool("ldd", [file]).catch(() => "");
  return [...printed.matchAll(/(\/\S+) \(0x/g)].map(([, path = ""]) => path);
}
