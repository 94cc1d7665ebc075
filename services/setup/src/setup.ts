import { X509Certificate } from "node:crypto";
import { issuerDigest, type Authority, type UnixSeconds } from "@osm/pki";
import type { MeshName } from "@osm/model";
import type { Log } from "@osm/runtime";
import type { Service } from "@osm/wire";
import { accountIn, accountKeys, servicesWithAccounts, type Account, type Bundled } from "./accounts.ts";
import { keepAuthority, tenYearsSec } from "./authorities.ts";
import type { SetupConfig } from "./config.ts";
import { keepSecret, sealed, textIn, type KeptSecret } from "./keep-secret.ts";
import type { SecretContent, SecretPlace } from "./secret-place.ts";
import { natsFile, redisFile } from "./server-files.ts";
import { natsPeerNames, serviceNames } from "./service-names.ts";
import { servingCertificate } from "./serving-certificate.ts";

export interface SetupParts {
  readonly config: SetupConfig;
  readonly place: SecretPlace;
  readonly now: UnixSeconds;
  readonly log: Log;
}

export const controlPlaneSecret = "osm-control-plane-ca";

/** The Secret with all that one service is given. */
export function secretOf(service: Service): string {
  return `osm-${service}`;
}

/**
 * Makes what an installation needs before its pods start: the roots, and per service one Secret with its account and its
 * certificate. What is there is kept, so that it may run again at any time; only certificates that grow old are made anew.
 * @throws Error that names the Secret which cannot be used
 */
export async function setUp(parts: SetupParts): Promise<void> {
  const { config, place, now } = parts;
  const { mesh, trustDomain, caBundleSecret } = config;
  const root = { now, lifetimeSec: tenYearsSec };
  const controlPlane = await keepAuthority(place, { secret: controlPlaneSecret, vouchesFor: "servers", root: { ...root, commonName: rootName(mesh) } });
  // Sidecars hold the mesh's roots and no others, so it is by these that they must know who serves them.
  const meshRoot = await keepAuthority(place, { secret: caBundleSecret, vouchesFor: "servers", root: { ...root, commonName: "osm-ca.openservicemesh.io", trustDomain } });
  const keep = keeping(parts);
  const accounts = await keepAccounts(parts, controlPlane, keep);
  await keep({ name: secretOf("xds"), wanted: (held) => servingCertificate(held, { ca: meshRoot, dnsNames: serviceNames("osm-xds", config.namespace), now }) });
  await keep({ name: secretOf("injector"), wanted: (held) => withRoot(held, controlPlane, serverWish(parts, controlPlane, "osm-injector")) });
  await keepServers(parts, { controlPlane, accounts, keep });
}

type Keep = (secret: KeptSecret) => Promise<SecretContent>;

function keeping({ place, log }: SetupParts): Keep {
  return async (secret) => {
    const { content, became } = await keepSecret(place, secret);
    log.info({ secret: secret.name, became }, "secret kept");
    return content;
  };
}

async function keepAccounts({ config: { mesh, nats, redis, renewsOnly }, place }: SetupParts, controlPlane: Authority<"servers">, keep: Keep): Promise<readonly Account[]> {
  const bundled = { bus: nats !== undefined, store: redis !== undefined };
  if (renewsOnly) return await readAccounts(place, mesh, bundled);
  const accounts: Account[] = [];
  for (const service of servicesWithAccounts(mesh)) {
    const wanted = async (held: SecretContent) => ({ ...accountKeys(held, { mesh, service, bundled }), ...rootsOfBackbone(held, { mesh, bundled, controlPlane }) });
    accounts.push(accountIn(service, await keep({ name: secretOf(service), wanted })));
  }
  return accounts;
}

/** Who renews certificates may not write these: what stands there is what services log in with, whatever this run would make of it. */
async function readAccounts(place: SecretPlace, mesh: MeshName, bundled: Bundled): Promise<readonly Account[]> {
  return await Promise.all(servicesWithAccounts(mesh).map(async (service) => {
    const held = (await place.read(secretOf(service)))?.content ?? {};
    const lost = Object.keys(accountKeys(held, { mesh, service, bundled })).find((key) => held[key] === undefined);
    // Its server would else be told of one user less.
    if (lost !== undefined) throw new Error(`the Secret ${secretOf(service)} has no ${lost}: an upgrade of the release makes it anew`);
    return accountIn(service, held);
  }));
}

function rootName(mesh: MeshName): string {
  return `osm-control-plane.${mesh}`;
}

interface Backbone {
  readonly mesh: MeshName;
  readonly bundled: Bundled;
  readonly controlPlane: Authority<"servers">;
}

/** Where one of the two servers is ours and the other somebody else's, roots that were put there stand beside our own; a former one of ours does not. */
function rootsOfBackbone(held: SecretContent, { mesh, bundled: { bus, store }, controlPlane: { certPem } }: Backbone): SecretContent {
  if (!bus && !store) return {};
  const theirs = (textIn(held, "ca.crt") ?? "").replace(certPem.trimEnd(), "").replace(certificates, (pem) => (isRootOf(mesh, pem) ? "" : pem)).trim();
  return sealed({ "ca.crt": (bus && store) || theirs === "" ? certPem : `${certPem.trimEnd()}\n${theirs}\n` });
}

const certificates = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----\s*/g;

/** Whose key may have got out, which is why there is another one now. */
function isRootOf(mesh: MeshName, pem: string): boolean {
  try {
    return new X509Certificate(pem).subject === `CN=${rootName(mesh)}`;
  } catch {
    return false;
  }
}

interface ServerParts {
  readonly controlPlane: Authority<"servers">;
  readonly accounts: readonly Account[];
  readonly keep: Keep;
}

async function keepServers(parts: SetupParts, { controlPlane, accounts, keep }: ServerParts): Promise<void> {
  const { mesh, nats, redis } = parts.config;
  if (nats) {
    const file = natsFile({ mesh, accounts, ...nats });
    await keep({ name: "osm-nats", wanted: async (held) => ({ ...(await withRoot(held, controlPlane, natsWish(parts, controlPlane))), ...sealed({ "nats.conf": file }) }) });
  }
  if (redis) {
    const file = redisFile({ mesh, accounts, ...redis });
    await keep({ name: "osm-redis", wanted: async (held) => ({ ...(await servingCertificate(held, serverWish(parts, controlPlane, "osm-redis"))), ...sealed({ "redis.conf": file }) }) });
  }
}

/** Its servers know one another by the same certificate, each by its own name, whether there is one of them or three. */
function natsWish(parts: SetupParts, controlPlane: Authority<"servers">) {
  const { dnsNames, ...wish } = serverWish(parts, controlPlane, "osm-nats");
  return { ...wish, callsPeers: true, dnsNames: [...dnsNames, ...natsPeerNames(parts.config.namespace)] };
}

function serverWish({ config: { namespace }, now }: SetupParts, ca: Authority<"servers">, service: string) {
  return { ca, dnsNames: serviceNames(service, namespace), now };
}

/**
 * Beside the certificate the root that it comes from, which the webhook configurations are to name. A root that takes another's place
 * leaves it there until the next run: replicas present certificates of both for a while.
 */
async function withRoot(held: SecretContent, { certPem }: Authority<"servers">, wish: Parameters<typeof servingCertificate>[1]): Promise<SecretContent> {
  const serving = await servingCertificate(held, wish);
  const isOther = textIn(held, "tls.issuer") !== issuerDigest(certPem);
  const former = isOther ? (textIn(held, "ca.crt") ?? "") : "";
  return { ...serving, ...sealed({ "ca.crt": former === "" || former === certPem ? certPem : `${certPem.trimEnd()}\n${former}` }) };
}
