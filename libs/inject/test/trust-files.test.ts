import { digestOf } from "@osm/model";
import { rootDigest, sidecarDirs, trustConfigMap, trustFiles } from "@osm/inject";
import { expect, test } from "vitest";

const settings = { ...sidecarDirs, serverName: "osm-xds.osm-system.svc", roots: ["ROOT ONE", "ROOT TWO\n\n"] };

test("the files of a mesh's trust lead to each other", () => {
  const files = trustFiles(settings);
  expect(Object.keys(files).sort()).toEqual(["ca.crt", "root-digest", "root-digest-sds.yaml", "root-sds.yaml", "token-sds.yaml"]);
  expect(files["ca.crt"]).toBe("ROOT ONE\nROOT TWO\n");
  expect(files["root-sds.yaml"]).toContain(`"filename": "/etc/osm/trust/ca.crt"`);
  expect(files["root-sds.yaml"]).toContain(`"exact": "osm-xds.osm-system.svc"`);
  expect(files["token-sds.yaml"]).toContain(`"filename": "/etc/osm/token/token"`);
  expect(files["root-digest-sds.yaml"]).toContain(`"filename": "/etc/osm/trust/root-digest"`);
});

test("the digest is of the roots as they are mounted, and can stand in a header", () => {
  const files = trustFiles(settings);
  expect(files["root-digest"]).toBe(digestOf(files["ca.crt"] ?? ""));
  expect(files["root-digest"]).toMatch(/^[0-9a-f]{64}$/);
  expect(rootDigest(settings.roots)).toBe(files["root-digest"]);
  expect(rootDigest([...settings.roots].reverse())).not.toBe(files["root-digest"]);
});

test("each mesh has a ConfigMap of its own", () => {
  expect(trustConfigMap("blue")).toBe("osm-trust-blue");
});
