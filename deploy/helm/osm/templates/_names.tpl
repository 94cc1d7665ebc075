{{- define "osm.namespace" -}}
{{- default .Release.Namespace .Values.osm.osmNamespace -}}
{{- end -}}

{{- define "osm.labels" -}}
app.kubernetes.io/name: openservicemesh.io
app.kubernetes.io/instance: {{ .Values.osm.meshName }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end -}}

{{- /* What finds the pods of one service: dict "root" $ "name" "watcher". */ -}}
{{- define "osm.selector" -}}
app: osm-{{ .name }}
app.kubernetes.io/instance: {{ .root.Values.osm.meshName }}
{{- end -}}

{{- define "osm.image" -}}
{{- $image := .root.Values.osm.image -}}
{{- printf "%s/osm-%s:%s" $image.registry .name (default .root.Chart.AppVersion $image.tag) -}}
{{- end -}}

{{- /* Where the bus is, with the folder of the service's account. */ -}}
{{- define "osm.busUrl" -}}
{{- $nats := .Values.osm.nats -}}
{{- $server := ternary (printf "tls://osm-nats.%s.svc:4222" (include "osm.namespace" .)) $nats.url $nats.bundled -}}
{{- $copies := int $nats.replicaCount -}}
{{- /* An account's room counts every copy, and some of it stays free. */ -}}
{{- $bytes := divf $nats.maxBytes (add $copies 1) | floor | int64 -}}
{{- printf "%s?credentials=/etc/osm/bus&maxBytes=%d%s" (required "osm.nats.url is needed where osm.nats.bundled is false: tls://HOST:PORT" $server) $bytes (ternary (printf "&replicas=%d" $copies) "" (gt $copies 1)) -}}
{{- end -}}

{{- define "osm.storeUrl" -}}
{{- $redis := .Values.osm.redis -}}
{{- $server := ternary (printf "rediss://osm-redis.%s.svc:6379" (include "osm.namespace" .)) $redis.url $redis.bundled -}}
{{- printf "%s?credentials=/etc/osm/store" (required "osm.redis.url is needed where osm.redis.bundled is false: rediss://HOST:PORT" $server) -}}
{{- end -}}
