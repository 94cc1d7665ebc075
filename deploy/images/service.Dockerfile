# The image of one service: docker build -f deploy/images/service.Dockerfile --build-arg SERVICE=xds -t openservicemesh/osm-xds:VERSION .
# SERVICE is watcher, compiler, ca, xds, injector or setup. What it runs is one file; there are no packages and no shell in it.
# Give the bases by digest (name@sha256:…) where a build is to be the same for ever.
ARG NODE_IMAGE=node:24.21.0-bookworm-slim
ARG BASE_IMAGE=gcr.io/distroless/cc-debian12:nonroot

FROM ${NODE_IMAGE} AS build
ARG SERVICE
WORKDIR /src
RUN npm install --global --no-audit --no-fund pnpm@12.21.0
COPY . .
RUN pnpm install --frozen-lockfile --ignore-scripts && node tools/images/bundle-main.ts "${SERVICE}" /out/service.mjs

FROM ${BASE_IMAGE}
COPY --from=build /usr/local/bin/node /usr/local/bin/node
COPY --from=build /out/service.mjs /app/service.mjs
ENV NODE_ENV=production
# As libs/runtime/src/node-arguments.ts says, and why; the environment of a pod may say others.
ENV NODE_OPTIONS="--max-semi-space-size=8"
WORKDIR /app
USER 1000:1000
ENTRYPOINT ["/usr/local/bin/node", "/app/service.mjs"]
