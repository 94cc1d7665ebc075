import { expect, test } from "vitest";
import { eventually } from "../../../libs/testkit/src/index.ts";
import type { RealCluster } from "../../cluster/for-tests.ts";
import { callFrom } from "./apps.ts";
import { follow } from "./tutorial.ts";

const soon = { deadlineMs: 60_000, everyMs: 250 };
const inShop = (name: string) => ({ namespace: "shop", workload: `deploy/${name}`, container: "app" });

/** Two settings of the whole mesh, changed while pods run: none of them is redeployed. */
export function settingsTests(cluster: () => RealCluster): void {
  const other = (url: string) => callFrom(cluster(), inShop("other"), { url });

  test("egress lets pods call what is outside of the mesh", async () => {
    await follow(cluster(), "Let traffic out");
    // Plain HTTP to a port of TLS: the API server says what it thinks of it.
    await eventually(async () => expect(await other("http://kubernetes.default.svc.cluster.local:443/")).toBe("400"), soon);
  });

  test("permissive mode lets everything in the mesh talk", async () => {
    const url = "http://backend.shop.svc.cluster.local/raw";
    expect(await other(url)).not.toBe("200");
    await follow(cluster(), "Let all of the mesh talk");
    await eventually(async () => expect(await other(url)).toBe("200"), soon);
  });
}
