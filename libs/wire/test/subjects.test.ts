import { digestOf, factKinds, isObjectName, meshName, objectRef, offeringId, podUid, viewId } from "@osm/model";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { blobPrefix, subjectsOf, tokenAudience } from "../src/index.ts";

const letters = ["a", "b", "z", "0", "9"];
/** A name as Kubernetes takes it for an object: labels with dots between. */
const label = fc.string({ unit: fc.constantFrom(...letters, "-"), minLength: 1, maxLength: 12 }).filter((text) => /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(text));
const objectName = fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => labels.join("."));
const mesh = label.map(meshName);
const kind = fc.constantFrom(...factKinds);
const object = fc.record({ kind, namespace: fc.oneof(label, fc.constant("")), name: objectName });
const anyText = fc.string({ unit: "binary", maxLength: 20 });
const runs = { numRuns: 2000, seed: 20_261_122 };

/** As NATS takes it: no empty token, no wildcard, nothing but printable ASCII. */
const plainSubject = /^[!-)+-=?-~]+$/;

function everySubject(name: ReturnType<typeof meshName>, text: string): readonly string[] {
  const subjects = subjectsOf(name);
  const view = viewId("0".repeat(32));
  return [
    subjects.fact("Pod", text, text), subjects.sync("Pod"), subjects.view(view), subjects.offering(offeringId("a".repeat(32))), subjects.proxy(podUid("u-1")), subjects.endpoints(text),
    subjects.compiled(text), subjects.trust, subjects.progress(text), subjects.outcome(view, text), subjects.verdict(digestOf(text)),
    subjects.finding("watcher", objectRef("Pod", "shop", "web")), subjects.callCaSign, subjects.callBlob(text),
  ];
}

function everyFilter(name: ReturnType<typeof meshName>): readonly string[] {
  const subjects = subjectsOf(name);
  return [
    subjects.facts, subjects.syncs, subjects.views, subjects.offerings, subjects.proxies, subjects.allEndpoints, subjects.allCompiled, subjects.allProgress,
    subjects.outcomes, subjects.verdicts, subjects.findings, subjects.findingsBy("watcher"), subjects.findingsBy("compiler"),
  ];
}

function matches(filter: string, subject: string): boolean {
  const wanted = filter.split(".");
  const given = subject.split(".");
  const isOpen = wanted.at(-1) === ">";
  const head = isOpen ? wanted.slice(0, -1) : wanted;
  return (isOpen ? given.length > head.length : given.length === head.length) && head.every((token, at) => token === "*" || token === given[at]);
}

describe("a fact's subject", () => {
  const subjects = subjectsOf(meshName("osm"));

  test("names its object, and gives it back", () => {
    fc.assert(fc.property(object, ({ kind: ofKind, namespace, name }) => {
      expect(isObjectName(name)).toBe(true);
      expect(subjects.factKey(subjects.fact(ofKind, namespace, name))).toEqual({ kind: ofKind, namespace, name });
    }), runs);
  });
  test("is another one for another object", () => {
    fc.assert(fc.property(object, object, (one, other) => {
      const isSame = one.kind === other.kind && one.namespace === other.namespace && one.name === other.name;
      expect(subjects.fact(one.kind, one.namespace, one.name) === subjects.fact(other.kind, other.namespace, other.name)).toBe(isSame);
    }), runs);
  });
  test.each([
    [["a.b", "c"], ["a", "b.c"]],
    [["", "a"], ["a", ""]],
    [["a-b", "c"], ["a", "b-c"]],
    [["a", "b.c"], ["a", "b-c"]],
    [["a", "b.c"], ["a", "b_c"]],
    [["a", "="], ["a", ""]],
    [["a", "=002e"], ["a", "."]],
  ])("of %j is not that of %j", ([a = "", b = ""], [c = "", d = ""]) => {
    expect(subjects.fact("Pod", a, b)).not.toBe(subjects.fact("Pod", c, d));
  });
  test("of a kind that this reader does not know is nobody's", () => {
    expect(subjects.factKey("mesh.osm.v1.fact.Gateway.shop.web")).toBeUndefined();
  });
  test("is found by the watch of facts, and by no other", () => {
    const found = everyFilter(meshName("osm")).filter((filter) => matches(filter, subjects.fact("Pod", "shop", "web")));
    expect(found).toEqual([subjects.facts]);
  });
});

describe("a name in a subject", () => {
  const subjects = subjectsOf(meshName("osm"));

  test("of whatever shape makes a subject that a bus takes", () => {
    fc.assert(fc.property(anyText, (text) => {
      for (const subject of everySubject(meshName("osm"), text)) {
        expect(subject.split(".").every((token) => plainSubject.test(token))).toBe(true);
      }
    }), runs);
  });
  test("is told apart from every other", () => {
    fc.assert(fc.property(anyText, anyText, (one, other) => {
      expect(subjects.endpoints(one) === subjects.endpoints(other)).toBe(one === other);
      expect(subjects.progress(one) === subjects.progress(other)).toBe(one === other);
    }), runs);
  });
});

describe("two meshes", () => {
  test("never hear each other, whatever they are called and say", () => {
    fc.assert(fc.property(mesh, mesh, anyText, (one, other, text) => {
      fc.pre(one !== other);
      const subjects = everySubject(other, text);
      expect(everyFilter(one).filter((filter) => subjects.some((subject) => matches(filter, subject)))).toEqual([]);
      expect(everySubject(one, text).filter((subject) => subjects.includes(subject))).toEqual([]);
    }), runs);
  });
  test("share no blob and no audience", () => {
    fc.assert(fc.property(mesh, mesh, (one, other) => {
      fc.pre(one !== other);
      expect(blobPrefix(one).startsWith(blobPrefix(other))).toBe(false);
      expect(tokenAudience(one)).not.toBe(tokenAudience(other));
    }), runs);
  });
});

test("what the watcher and the compiler say of one object stays apart", () => {
  const subjects = subjectsOf(meshName("osm"));
  const ref = objectRef("TrafficTarget", "shop", "may.buy");
  expect(subjects.finding("watcher", ref)).toBe("mesh.osm.v1.finding.watcher.TrafficTarget.shop.may_buy");
  expect(matches(subjects.findingsBy("watcher"), subjects.finding("compiler", ref))).toBe(false);
  expect(matches(subjects.findings, subjects.finding("compiler", ref))).toBe(true);
});
