{{- /* The Secrets that the setup makes and keeps, and those among them that hold certificates which end. */ -}}
{{- define "osm.setup.serving" -}}
osm-xds, osm-injector{{ if .Values.osm.nats.bundled }}, osm-nats{{ end }}{{ if .Values.osm.redis.bundled }}, osm-redis{{ end }}
{{- end -}}

{{- /* Who reads its certificate only when it starts, with its kind: the names of each. */ -}}
{{- define "osm.setup.deployments" -}}
osm-xds{{ if .Values.osm.redis.bundled }}, osm-redis{{ end }}
{{- end -}}
{{- define "osm.setup.sets" -}}
{{- ternary "osm-nats-cluster" "osm-nats" (gt (int .Values.osm.nats.replicaCount) 1) -}}
{{- end -}}

{{- /* What runs in a pod of the setup: dict "root" $ "account" (its ServiceAccount) "env" (more of it, as YAML). */ -}}
{{- define "osm.setup.pod" -}}
{{- $osm := .root.Values.osm -}}
serviceAccountName: {{ .account }}
automountServiceAccountToken: true
enableServiceLinks: false
securityContext:
  {{- include "osm.podSecurity" .root | nindent 2 }}
{{- include "osm.placement" (dict "root" .root "settings" (include "osm.settings" (dict "root" .root "name" "setup") | fromJson)) | nindent 0 }}
containers:
  - name: {{ .account }}
    image: {{ include "osm.image" (dict "root" .root "name" "setup") }}
    imagePullPolicy: {{ $osm.image.pullPolicy }}
    env:
      - { name: OSM_MESH_NAME, value: {{ $osm.meshName | quote }} }
      - { name: OSM_NAMESPACE, value: {{ include "osm.namespace" .root | quote }} }
      - { name: OSM_TRUST_DOMAIN, value: {{ $osm.trustDomain | quote }} }
      - { name: OSM_CA_BUNDLE_SECRET, value: {{ $osm.caBundleSecretName | quote }} }
      - { name: OSM_NATS_BUNDLED, value: {{ $osm.nats.bundled | quote }} }
      - { name: OSM_NATS_MAX_BYTES, value: {{ $osm.nats.maxBytes | int64 | quote }} }
      - { name: OSM_REDIS_BUNDLED, value: {{ $osm.redis.bundled | quote }} }
      - { name: OSM_REDIS_MAX_BYTES, value: {{ $osm.redis.maxBytes | int64 | quote }} }
      {{- with .env }}
      {{- . | nindent 6 }}
      {{- end }}
    resources:
      requests: { cpu: 50m, memory: 64Mi }
      limits: { memory: 256Mi }
    securityContext:
      {{- include "osm.containerSecurity" .root | nindent 6 }}
{{- end -}}
