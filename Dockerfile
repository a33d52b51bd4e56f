# darkslide from its packed packages: no sources, tests or tools in the image.
#   docker build -t darkslide .
#   docker run -p 8080:8080 -p 9000:9000 -v darkslide:/data -e DARKSLIDE_PUBLIC_STORE_URL=http://localhost:9000 darkslide

# One version exactly, the one that package.json pins. Its digest, as `docker buildx imagetools inspect` prints it, may
# be added: @sha256:…
FROM node:24.21.0-bookworm-slim AS base

FROM base AS build
WORKDIR /src
COPY . .
# Installs the versions of the lockfile, packs, and lays out what the binary needs.
RUN npm ci && npm run pack && node scripts/stage-image.ts /opt/darkslide

FROM base
COPY --from=build /opt/darkslide /opt/darkslide
ENV PATH=/opt/darkslide/node_modules/.bin:$PATH DARKSLIDE_HOST=0.0.0.0 DARKSLIDE_DATA_DIR=/data
RUN mkdir /data && chown node:node /data
WORKDIR /data
VOLUME /data
USER node
EXPOSE 8080 9000
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.DARKSLIDE_PORT || 8080}/readyz`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
# Not `npm start`, which would keep SIGTERM from the server. Requests in progress then get 50 s:
# docker stop --time 60
CMD ["darkslide", "serve"]
