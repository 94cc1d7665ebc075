# The image that leads a pod's connections through its proxy: docker build -f deploy/images/init.Dockerfile -t openservicemesh/osm-init:VERSION .
# It runs as root with NET_ADMIN and NET_RAW, before the app, and ends: only root may write rules.
ARG DEBIAN_IMAGE=debian:12.12-slim

FROM ${DEBIAN_IMAGE}
RUN apt-get update && apt-get install --yes --no-install-recommends iptables busybox-static && rm -rf /var/lib/apt/lists/* \
  && update-alternatives --set iptables /usr/sbin/iptables-nft && update-alternatives --set ip6tables /usr/sbin/ip6tables-nft
ENTRYPOINT ["/bin/sh"]
