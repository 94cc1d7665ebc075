import { meshMetrics, type Metrics } from "@osm/runtime";

export type CaMetrics = ReturnType<typeof caMetrics>;

export function caMetrics(metrics: Metrics) {
  return {
    certificates: metrics.counter(meshMetrics.certificates),
    issued: metrics.counter(meshMetrics.osmCertificates),
    issueSeconds: metrics.histogram(meshMetrics.osmCertificateTime),
    rootEnd: metrics.gauge(meshMetrics.rootEnd),
    alarm: metrics.gauge(meshMetrics.expiryAlarm),
    bundleDiffers: metrics.gauge(meshMetrics.trustBundleDiffers),
  };
}
