import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { parse } from "yaml";
import { createClusterFolder } from "../src/cluster-folder.ts";
import type { PodState } from "../src/pod-object.ts";

const pod: PodState = {
  namespace: "shop",
  name: "web",
  uid: "uid-web",
  serviceAccount: "web",
  labels: { app: "web" },
  ports: [{ name: "http", containerPort: 8080 }],
  meshed: false,
  ip: "10.201.0.2",
  startedAt: "2026-11-22T07:00:00.000Z",
  ready: false,
  deletedAt: "",
};
const service = { namespace: "shop", name: "web", clusterIP: "10.96.0.7", selector: { app: "web" }, ports: [{ name: "", port: 80, targetPort: 8080 }] };

let dir = "";
beforeEach(() => void (dir = mkdtempSync(join(tmpdir(), "cluster-"))));
afterEach(() => rmSync(dir, { recursive: true }));

const read = (prefix: string): unknown => {
  const file = readdirSync(dir).find((name) => name.startsWith(prefix));
  return file && parse(readFileSync(join(dir, file), "utf8"));
};

test("a pod and its slices appear, change and go", () => {
  const folder = createClusterFolder(dir, "0a1b2c3d");
  folder.setServices([service]);
  expect(read("endpointslice.shop.web-")).toMatchObject({ endpoints: [] });

  folder.setPod(pod);
  expect(read("pod.shop.web.")).toMatchObject({ status: { conditions: [{ status: "False" }] } });
  expect(read("endpointslice.shop.web-")).toMatchObject({ endpoints: [{ conditions: { ready: false } }] });
  folder.setPod({ ...pod, ready: true });
  expect(read("endpointslice.shop.web-")).toMatchObject({ ports: [{ port: 8080 }], endpoints: [{ conditions: { ready: true } }] });

  folder.removePod(pod);
  expect(read("pod.shop.web.")).toBeUndefined();
  expect(read("endpointslice.shop.web-")).toMatchObject({ endpoints: [] });
  folder.setServices([]);
  expect(readdirSync(dir)).toEqual([]);
});

test("a file is touched only when its content changes", () => {
  const folder = createClusterFolder(dir, "0a1b2c3d");
  folder.setPod(pod);
  const inode = () => statSync(join(dir, "pod.shop.web.0a1b2c3d.yaml")).ino;
  const first = inode();
  folder.setPod({ ...pod });
  expect(inode()).toBe(first);
  folder.setPod({ ...pod, ready: true });
  expect(inode()).not.toBe(first);
});
