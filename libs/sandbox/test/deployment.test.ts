import { expect, test } from "vitest";
import { createDeployment, type Deployment, type DeploymentState } from "../src/folder/deployment.ts";
import type { Workload } from "../src/folder/workload.ts";
import type { Pod } from "../src/pod.ts";
import { workload } from "./fixtures/workload.ts";

const never = () => Promise.reject(new Error("not of this test"));

/** A Deployment whose pods start and end when the test says so. */
function stage() {
  const starts: { readonly name: string; readonly revision: string; ready(): void; fail(): void }[] = [];
  const stops: { readonly name: string; gone(): void }[] = [];
  const killed: string[] = [];
  let change = Promise.withResolvers<void>();
  const changed = () => {
    change.resolve();
    change = Promise.withResolvers<void>();
  };
  const podOf = (name: string): Pod => ({
    namespace: "shop", name, uid: name, ip: "10.0.0.2", exec: never, spawn: () => { throw new Error("not of this test"); }, admin: never, fetch: never, logs: never,
    setReady: () => undefined, renewToken: () => undefined, stop: async () => void killed.push(name), [Symbol.asyncDispose]: async () => undefined,
  });
  const start = (order: Workload, name: string) => {
    const { promise, resolve, reject } = Promise.withResolvers<Pod>();
    starts.push({ name, revision: order.revision, ready: () => resolve(podOf(name)), fail: () => reject(new Error(`${name} failed`)) });
    changed();
    return promise;
  };
  const stop = ({ name }: Pod) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    stops.push({ name, gone: resolve });
    return promise;
  };
  const deployment: Deployment = createDeployment({ ref: "shop/web", start, stop, changed });
  const until = async (holds: (state: DeploymentState) => boolean) => {
    while (!holds(deployment.state())) await change.promise;
  };
  return { deployment, starts, stops, killed, until };
}

const order = (revision: string, replicas = 1): Workload => ({ ...workload, revision, replicas });

test("a newer wish counts before the next step, and the template between is never run in full", async () => {
  const { deployment, starts, stops, until } = stage();
  deployment.apply(order("a", 2));
  await until(() => starts.length === 1);
  deployment.apply(order("b", 1));
  starts[0]?.ready();
  await until(() => starts.length === 2);
  expect(starts.map(({ revision }) => revision)).toEqual(["a", "b"]);
  expect(deployment.state()).toMatchObject({ pods: [], outdated: [{ name: starts[0]?.name }], complete: false });

  starts[1]?.ready();
  await until(({ stopping }) => stopping === 1);
  expect(deployment.state()).toMatchObject({ pods: [{ name: starts[1]?.name }], outdated: [], complete: false });
  stops[0]?.gone();
  await until(({ complete }) => complete);
});

test("new pods start while old ones still drain, under names of their own", async () => {
  const { deployment, starts, until } = stage();
  deployment.apply(order("a"));
  await until(() => starts.length === 1);
  starts[0]?.ready();
  await until(({ complete }) => complete);
  deployment.apply(undefined);
  await until(({ stopping }) => stopping === 1);
  deployment.apply(order("a"));
  await until(() => starts.length === 2);
  expect(starts[1]?.name).not.toBe(starts[0]?.name);
});

test("a template that failed is tried again when the Deployment changes, be it in its replicas alone", async () => {
  const { deployment, starts, until } = stage();
  deployment.apply(order("a"));
  await until(() => starts.length === 1);
  starts[0]?.fail();
  await until(({ failure }) => failure !== undefined);
  expect(deployment.state().failure?.message).toBe(`${starts[0]?.name} failed`);
  deployment.apply(order("a", 2));
  await until(() => starts.length === 2);
  expect(deployment.state().failure).toBeUndefined();
});

test("closing kills what runs, and waits for what is starting or draining", async () => {
  const { deployment, starts, killed, until } = stage();
  deployment.apply(order("a", 2));
  await until(() => starts.length === 1);
  starts[0]?.ready();
  await until(() => starts.length === 2);
  const closing = deployment.close();
  starts[1]?.ready();
  await closing;
  expect(killed).toEqual([starts[0]?.name, starts[1]?.name]);
  expect(starts).toHaveLength(2);
});
