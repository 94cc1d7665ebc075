/** What people install, by what they want: the arguments of Helm. Each has a golden. */
export const valueSets: Readonly<Record<string, readonly string[]>> = {
  defaults: [],
  permissive: ["--set", "osm.enablePermissiveTrafficPolicy=true,osm.enableEgress=true"],
  "highly-available": [
    "--set", "osm.watcher.replicaCount=2,osm.compiler.replicaCount=2,osm.ca.replicaCount=2",
    "--set", "osm.xds.autoScale.enable=true,osm.xds.autoScale.minReplicas=2,osm.injector.autoScale.enable=true,osm.injector.autoScale.minReplicas=2",
    "--set", "osm.nats.replicaCount=3,osm.nats.persistence.enabled=true,osm.nats.persistence.storageClassName=fast",
  ],
  prometheus: ["--set", "osm.deployPrometheus=true"],
  grafana: ["--set", "osm.deployPrometheus=true,osm.deployGrafana=true,osm.grafana.from[0].namespaceSelector.matchLabels.team=mesh"],
  "external-backbone": ["--set", "osm.nats.bundled=false,osm.nats.url=tls://nats.example:4222,osm.redis.bundled=false,osm.redis.url=rediss://redis.example:6379"],
  "names-of-osm": [
    "--set", "osm.meshName=blue,osm.trustDomain=blue.example,osm.caBundleSecretName=blue-root,osm.image.registry=registry.example/mesh,osm.image.tag=v7",
    "--set", "osm.enablePermissiveTrafficPolicy=true,osm.enableEgress=true,osm.envoyLogLevel=debug,osm.localProxyMode=PodIP",
    "--set", "osm.outboundPortExclusionList={6379,7070},osm.outboundIPRangeExclusionList={10.0.0.0/8},osm.certificateProvider.serviceCertValidityDuration=1h30m",
    "--set", "osm.imagePullSecrets[0].name=pull,osm.controlPlaneTolerations[0].operator=Exists,osm.featureFlags.enableRetryPolicy=true",
  ],
};
