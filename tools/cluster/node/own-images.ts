import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { writeImage, type BuiltImage } from "../../images/archive.ts";
import { addProgram, makeRoot } from "../../images/root-folder.ts";
import { pauseImage } from "./component-files.ts";
import { corednsImage } from "./dns.ts";
import type { NodePrograms, NodeSettings } from "./settings.ts";

/** The two images without which no pod starts, from programs of this machine: there is no registry to ask. */
export async function ownImages({ dir }: NodeSettings, programs: NodePrograms): Promise<readonly BuiltImage[]> {
  const work = await mkdtemp(join(dir, "images-"));
  const build = async (program: "pause" | "coredns", ref: string): Promise<BuiltImage> => {
    const root = join(work, program);
    await makeRoot(root);
    await addProgram(root, programs[program], `usr/local/bin/${program}`);
    return await writeImage({ ref, layers: [root], entrypoint: [`/usr/local/bin/${program}`], user: program === "pause" ? "65535:65535" : "0" }, join(dir, `${program}.tar`));
  };
  try {
    return [await build("pause", pauseImage), await build("coredns", corednsImage)];
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
