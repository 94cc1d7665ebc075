import { createMetrics } from "@osm/runtime";
import { describe, expect, test } from "vitest";
import { benchWith, dayLong, keptLog, root, runningCa } from "./running-ca.ts";

const lifeDays = 3650;
const days = (count: number) => count * dayLong * 1000;

describe("a CA watches its root", () => {
  test("and raises no alarm while it is young", async () => {
    const { log, lines } = keptLog();
    const metrics = createMetrics();
    await using _ca = await runningCa(benchWith({ log }), { metrics });
    expect(metrics.text()).toContain(`mesh_root_not_after_seconds ${root.notAfter}\n`);
    expect(metrics.text()).toContain('mesh_expiry_alarm{subject="root"} 0\n');
    expect(lines.filter(({ level }) => level === "error")).toEqual([]);
  });
  test("and calls for a person 30 days before its end, once, though it has run for years", async () => {
    const { log, lines } = keptLog();
    const metrics = createMetrics();
    const bench = benchWith({ log });
    await using _ca = await runningCa(bench, { metrics });
    bench.clock.advance(days(lifeDays - 31));
    expect(metrics.text()).toContain('mesh_expiry_alarm{subject="root"} 0\n');
    bench.clock.advance(days(3));
    expect(metrics.text()).toContain('mesh_expiry_alarm{subject="root"} 1\n');
    expect(metrics.text()).toContain('mesh_expiry_alarm{subject="leaf"} 0\n');
    expect(lines.filter(({ level }) => level === "error").map(({ message }) => message)).toEqual(["the root runs out within 30 days"]);
  });
  test("and says when leaves are cut short by it", async () => {
    const { log, lines } = keptLog();
    const metrics = createMetrics();
    const bench = benchWith({ log });
    bench.clock.advance(days(lifeDays - 0.5));
    await using _ca = await runningCa(bench, { metrics });
    expect(metrics.text()).toContain('mesh_expiry_alarm{subject="leaf"} 1\n');
    expect(lines.filter(({ level }) => level === "error")).toHaveLength(2);
  });
  test("no longer than it runs", async () => {
    const { log, lines } = keptLog();
    const bench = benchWith({ log });
    await (await runningCa(bench))[Symbol.asyncDispose]();
    bench.clock.advance(days(lifeDays));
    expect(lines.filter(({ level }) => level === "error")).toEqual([]);
  });
});
