import { expect, test } from "vitest";
import { mutatingWebhooks, validatingWebhooks, type WebhookSettings } from "../../libs/inject/src/index.ts";
import { needs } from "../../libs/testkit/src/index.ts";
import { at, listAt, objectsIn, render } from "./rendered-chart.ts";

const values = ["--set", "osm.meshName=blue,osm.osmNamespace=blue-system"];
const kindOf = (object: unknown) => String(at(object, "kind"));
const inOrder = (configuration: unknown) => listAt(configuration, "webhooks").map((each) => ({ ...Object(each), rules: listAt(each, "rules").map((rule) => JSON.stringify(rule)).toSorted() }));

needs("helm")("the chart's webhook configurations", () => {
  test.each([false, true])("are those that the injector answers to, without roots, which it writes itself; the alias claimed: %s", async (claimsAlias) => {
    const settings: WebhookSettings = { mesh: "blue", meshNamespace: "blue-system", version: "any", claimsAlias, place: { kind: "service", name: "osm-injector", port: 9090 } };
    const rendered = objectsIn(await render(...values, "--set", `osm.claimsAlias=${claimsAlias}`));
    for (const wanted of [mutatingWebhooks(settings), validatingWebhooks(settings)]) {
      const found = rendered.find((object) => kindOf(object) === wanted["kind"]);
      expect(at(found, "metadata", "name")).toBe(at(wanted, "metadata", "name"));
      expect(inOrder(found)).toEqual(inOrder(wanted));
    }
  });

  test("may be written by the injector, and no others", async () => {
    const rules = objectsIn(await render(...values)).filter((object) => kindOf(object).endsWith("Role")).flatMap((object) => listAt(object, "rules"));
    const touching = rules.filter((rule) => listAt(rule, "apiGroups").includes("admissionregistration.k8s.io"));
    expect(touching.map((rule) => [listAt(rule, "resources"), listAt(rule, "resourceNames"), listAt(rule, "verbs")])).toEqual([
      [["mutatingwebhookconfigurations"], ["osm-webhook-blue"], ["list", "watch", "patch"]],
      [["validatingwebhookconfigurations"], ["osm-validator-mesh-blue"], ["list", "watch", "patch"]],
    ]);
  });
});
