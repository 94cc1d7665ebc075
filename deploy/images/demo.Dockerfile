# An app of docs/example: docker build -f deploy/images/demo.Dockerfile --build-arg APP=bookbuyer -t ghcr.io/open-service-mesh/demo-bookbuyer:v2 demo/src/apps
# APP is bookbuyer, bookthief, bookstore, bookwarehouse, tcp-echo or tcp-client.
ARG NODE_IMAGE=node:24.21.0-bookworm-slim

FROM ${NODE_IMAGE}
ARG APP
COPY *.mjs /app/
RUN printf 'await import("/app/%s.mjs");\n' "${APP}" > /app/main.mjs
WORKDIR /app
USER 1000:1000
ENTRYPOINT ["/usr/local/bin/node", "/app/main.mjs"]
