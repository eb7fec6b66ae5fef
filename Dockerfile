# The image of both roles: redis-server, Node and three bundles. What is in it, and how it is built: docs/image.md
ARG NODE_IMAGE=node:24-bookworm-slim
ARG REDIS_IMAGE=redis:7.2

# The bundles are the same on every platform, so they are made on the one that builds.
FROM --platform=$BUILDPLATFORM ${NODE_IMAGE} AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
# The scripts of packages would fetch a second Node; esbuild works without its own.
RUN npm ci --ignore-scripts
COPY tsconfig.json ./
COPY metacontroller metacontroller
COPY instance instance
COPY hooks hooks
RUN npm run build

FROM ${NODE_IMAGE} AS node

FROM ${REDIS_IMAGE}
USER root
COPY --from=node /usr/local/bin/node /usr/local/bin/node
COPY bin/redis-operator /opt/redis-operator/bin/redis-operator
COPY LICENSE package.json /opt/redis-operator/
COPY --from=build /build/dist /opt/redis-operator/dist
ARG REVISION=unknown
# Valkey may come without the old names. The last line is a test: it fails on a base that lacks a library of Node's.
RUN set -eu; \
    ln -s /opt/redis-operator/bin/redis-operator /usr/local/bin/redis-operator; \
    for tool in server cli; do \
      valkey=$(command -v "valkey-$tool") || continue; \
      command -v "redis-$tool" || ln -s "$valkey" "/usr/local/bin/redis-$tool"; \
    done; \
    for program in bash flock redis-server; do \
      command -v "$program" || { echo "the base image has no $program" >&2; exit 1; }; \
    done; \
    install -d -o 999 -g 999 -m 1777 /data /run/redis-operator; \
    echo "$REVISION" > /opt/redis-operator/revision; \
    redis-operator --version

ARG REDIS_IMAGE
ARG VERSION=unknown
LABEL org.opencontainers.image.title="redis-operator" \
      org.opencontainers.image.description="A Kubernetes operator for Redis: the hooks, and the instance with its redis-server" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION" \
      org.opencontainers.image.base.name="$REDIS_IMAGE"

# Not in /data: a core file must not fill the volume.
WORKDIR /
EXPOSE 6379 8080
# User and group `redis` or `valkey` of the official images, and of every Pod. Numeric, so that runAsNonRoot can see it.
USER 999:999
ENTRYPOINT ["redis-operator"]
CMD ["--help"]
