import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, mkdtemp, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { runTool } from "./run-tool.ts";

/** An image as it is to be: folders that become its layers, the lowest first, and how it runs. */
export interface ImagePlan {
  /** With registry and tag: `localhost/openservicemesh/osm-ca:1.0.0`. */
  readonly ref: string;
  readonly layers: readonly string[];
  readonly entrypoint: readonly string[];
  /** `uid:gid`, or `0` for what must be root. */
  readonly user: string;
  readonly env?: readonly string[];
  readonly workingDir?: string;
}

export interface BuiltImage {
  readonly ref: string;
  readonly file: string;
  readonly bytes: number;
}

interface Blob {
  readonly digest: string;
  readonly size: number;
}

const types = {
  index: "application/vnd.oci.image.index.v1+json",
  manifest: "application/vnd.oci.image.manifest.v1+json",
  config: "application/vnd.oci.image.config.v1+json",
  layer: "application/vnd.oci.image.layer.v1.tar",
} as const;
/** Go's names, which images use, by Node's. */
const architectures: Readonly<Record<string, string>> = { x64: "amd64", arm64: "arm64" };

/**
 * Writes the image as an archive of an OCI layout, which containerd, docker, podman and crane read. The same folders give the
 * same bytes: times are zero, owners are root, names are in order. An archive that is there is replaced at once.
 */
export async function writeImage(plan: ImagePlan, file: string): Promise<BuiltImage> {
  const { bytes } = await writeArchive([plan], file);
  return { ref: plan.ref, file, bytes };
}

/** Several images as one archive, in which what they share stands once. */
export async function writeArchive(plans: readonly ImagePlan[], file: string): Promise<Omit<BuiltImage, "ref">> {
  await mkdir(dirname(file), { recursive: true });
  const draft = await mkdtemp(`${file}.draft-`);
  try {
    await fillLayout(plans, join(draft, "layout"));
    const archive = join(draft, "image.tar");
    await tar(join(draft, "layout"), archive);
    await rename(archive, file);
    return { file, bytes: (await stat(file)).size };
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

async function fillLayout(plans: readonly ImagePlan[], layout: string): Promise<void> {
  const blobs = join(layout, "blobs", "sha256");
  await mkdir(blobs, { recursive: true });
  const written = new Map<string, Blob>();
  const manifests: object[] = [];
  for (const plan of plans) {
    const layers: Blob[] = [];
    for (const folder of plan.layers) {
      const layer = written.get(folder) ?? (await layerOf(folder, blobs));
      written.set(folder, layer);
      layers.push(layer);
    }
    const config = await putJson(configOf(plan, layers), blobs);
    manifests.push(entryOf(plan, await putJson(manifestOf(config, layers), blobs)));
  }
  await writeFile(join(layout, "index.json"), JSON.stringify({ schemaVersion: 2, mediaType: types.index, manifests }));
  await writeFile(join(layout, "oci-layout"), JSON.stringify({ imageLayoutVersion: "1.0.0" }));
}

async function layerOf(folder: string, blobs: string): Promise<Blob> {
  const draft = join(blobs, "layer");
  await tar(folder, draft);
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(draft)) hash.update(chunk);
  const hex = hash.digest("hex");
  const { size } = await stat(draft);
  await rename(draft, join(blobs, hex));
  return { digest: `sha256:${hex}`, size };
}

async function putJson(value: unknown, blobs: string): Promise<Blob> {
  const text = JSON.stringify(value);
  const hex = createHash("sha256").update(text).digest("hex");
  await writeFile(join(blobs, hex), text);
  return { digest: `sha256:${hex}`, size: Buffer.byteLength(text) };
}

function configOf({ entrypoint, user, env = [], workingDir = "/" }: ImagePlan, layers: readonly Blob[]): object {
  return {
    architecture: architecture(),
    os: "linux",
    config: { User: user, Env: ["PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", ...env], Entrypoint: entrypoint, WorkingDir: workingDir },
    // A layer is not compressed, so that its digest is that of its contents.
    rootfs: { type: "layers", diff_ids: layers.map(({ digest }) => digest) },
  };
}

function manifestOf(config: Blob, layers: readonly Blob[]): object {
  return {
    schemaVersion: 2,
    mediaType: types.manifest,
    config: { mediaType: types.config, ...config },
    layers: layers.map((layer) => ({ mediaType: types.layer, ...layer })),
  };
}

function entryOf({ ref }: ImagePlan, manifest: Blob): object {
  const annotations = { "io.containerd.image.name": ref, "org.opencontainers.image.ref.name": ref.slice(ref.lastIndexOf(":") + 1) };
  return { mediaType: types.manifest, ...manifest, platform: { architecture: architecture(), os: "linux" }, annotations };
}

function architecture(): string {
  return architectures[process.arch] ?? process.arch;
}

async function tar(folder: string, file: string): Promise<void> {
  const fixed = ["--sort=name", "--owner=0", "--group=0", "--numeric-owner", "--mtime=@0", "--format=posix", "--pax-option=delete=atime,delete=ctime"];
  await runTool("tar", [...fixed, "-C", folder, "-cf", file, "."]);
}
