import { compileMesh, type CompiledMesh } from "@osm/compile";
import { encode, NetworkRbacSchema, packAny, TypedExtensionConfigSchema } from "@osm/envoy-api";
import { digestOf, type View } from "@osm/model";
import { needs } from "@osm/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { greetedPod, type GreetedPod, type Wish } from "./greeted-pod.ts";
import { read, settings } from "./mesh-of.ts";
import { startEnvoy, type OneEnvoy } from "./one-envoy.ts";
import { authorityForTest, type AuthorityForTest } from "./secrets-for-test.ts";
import { meshConfig, tcpShop } from "./tcp-shop.ts";

interface Policy {
  readonly grantees: readonly string[];
  readonly permissive?: boolean;
}

const world = ({ grantees, permissive = false }: Policy) =>
  tcpShop({ name: "mail", port: { name: "tcp-server-first", number: 9000 }, sources: grantees }) + meshConfig({ permissive });

interface Loaded {
  readonly mesh: CompiledMesh;
  readonly view: View;
}

function compile(policy: Policy, before?: CompiledMesh): Loaded {
  const mesh = compileMesh(read(world(policy)).state, settings, before);
  const [view] = mesh.views;
  if (!view) throw new Error("no view was compiled");
  return { mesh, view };
}

/** The same, with rules for connections that no Envoy takes. */
function withBrokenFilter({ mesh, view }: Loaded): Loaded {
  const refs = view.resources.ECDS.map(({ name, needs: none }) => {
    const bytes = encode(TypedExtensionConfigSchema, { name, typedConfig: packAny(NetworkRbacSchema, { statPrefix: "" }) });
    return { type: "ECDS", name, bytes, digest: digestOf(bytes), needs: none } as const;
  });
  const resources = new Map([...mesh.resources, ...refs.map((each) => [each.digest, each] as const)]);
  return { mesh: { ...mesh, resources }, view: { ...view, resources: { ...view.resources, ECDS: refs } } };
}

needs("root", "envoy", "ip", "iptables")("a server that speaks first", () => {
  let envoy: OneEnvoy;
  let pod: GreetedPod;
  let authority: AuthorityForTest;
  const callers = new Map<string, Wish>();
  const load = ({ mesh, view }: Loaded) => envoy.load(mesh, view, authority.secrets);
  const open = (account: string, wish: Partial<Wish> = {}) => {
    const caller = callers.get(account);
    if (!caller) throw new Error(`nobody has certified ${account}`);
    return pod.open({ ...caller, ...wish });
  };

  beforeAll(async () => {
    authority = await authorityForTest();
    for (const account of ["buyer", "other", "stranger"]) callers.set(account, { ...(await authority.certify(account)), rootPem: authority.rootPem });
    const foreign = await authorityForTest();
    callers.set("impostor", { ...(await foreign.certify("buyer")), rootPem: authority.rootPem });
    envoy = await startEnvoy();
    pod = await greetedPod(envoy.pid);
  });
  afterAll(async () => {
    await pod[Symbol.asyncDispose]();
    await envoy[Symbol.asyncDispose]();
  });

  test.each(["TLSv1.2", "TLSv1.3"] as const)("greets whom it was granted to, and nobody else (%s)", async (version) => {
    expect(await load(compile({ grantees: ["buyer"] }))).toEqual([]);
    const line = open("buyer", { version });
    expect(await line.heard()).toBe("welcome");
    for (const account of ["other", "stranger", "impostor"]) expect(await open(account, { version }).heard(), account).toBeUndefined();
    line.say("bye");
    expect(await line.heard()).toBe("bye");
  });

  test("greets nobody where nobody was granted anything", async () => {
    expect(await load(compile({ grantees: [] }))).toEqual([]);
    for (const account of callers.keys()) expect(await open(account).heard(), account).toBeUndefined();
  });

  test("greets the whole mesh, and none besides, in permissive mode", async () => {
    expect(await load(compile({ grantees: [], permissive: true }))).toEqual([]);
    expect(await open("stranger").heard()).toBe("welcome");
    expect(await open("impostor").heard()).toBeUndefined();
  });

  test("goes on with those it has greeted while others are granted the same", async () => {
    const one = compile({ grantees: ["buyer"] });
    await load(one);
    const line = open("buyer");
    expect(await line.heard()).toBe("welcome");
    const two = compile({ grantees: ["buyer", "other"] }, one.mesh);
    expect(two.view.resources.LDS).toEqual(one.view.resources.LDS);
    await load(two);
    expect(await open("other").heard()).toBe("welcome");
    line.say("still here");
    expect(await line.heard()).toBe("still here");
  });

  test.each(["TLSv1.2", "TLSv1.3"] as const)("resumes no session of who has lost the grant, or has it (%s)", async (version) => {
    const granted = compile({ grantees: ["buyer", "other"] });
    await load(granted);
    const first = open("buyer", { version });
    const second = open("buyer", { version });
    for (const line of [first, second]) expect(await line.heard()).toBe("welcome");
    first.hangUp();
    const { session } = await first.ended();
    const third = open("buyer", { version, session });
    expect(await third.heard()).toBe("welcome");

    await load(compile({ grantees: ["other"] }, granted.mesh));
    await second.ended();
    expect(await third.ended()).toMatchObject({ reused: false });
    const again = open("buyer", { version, session });
    expect(await again.heard()).toBeUndefined();
    expect(await again.ended()).toMatchObject({ reused: false });
  });

  test("obeys a revocation of which Envoy refuses the rules: nobody who has lost the grant is greeted, or stays", async () => {
    const granted = compile({ grantees: ["buyer", "other"] });
    await load(granted);
    const line = open("buyer");
    expect(await line.heard()).toBe("welcome");
    const words = await load(withBrokenFilter(compile({ grantees: ["other"] }, granted.mesh)));
    expect(words).toEqual([expect.stringMatching(/^ECDS: .*StatPrefix/s)]);
    expect(await open("buyer").heard()).toBeUndefined();
    expect(await open("other").heard()).toBe("welcome");
    await line.ended();
  });
});
