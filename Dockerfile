# The README's `npm ci && npm start` in a container:
#   docker build -t darkslide .
#   docker run -p 8080:8080 -p 9000:9000 -v darkslide:/data -e DARKSLIDE_PUBLIC_STORE_URL=http://localhost:9000 darkslide
# One version exactly. Its digest, as `docker buildx imagetools inspect` prints it, may be added: @sha256:…
FROM node:24.21.0-bookworm-slim

WORKDIR /opt/darkslide
COPY . .
RUN npm ci

# The Node that `npm ci` brought along comes first, as for npm's own scripts.
ENV PATH=/opt/darkslide/node_modules/.bin:$PATH DARKSLIDE_HOST=0.0.0.0 DARKSLIDE_DATA_DIR=/data
RUN mkdir /data && chown node:node /data
VOLUME /data
USER node
EXPOSE 8080 9000
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.DARKSLIDE_PORT || 8080}/readyz`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
# What `npm start` runs, without npm, which would keep SIGTERM from it. What is under way then gets 50 s:
# docker stop --time 60
CMD ["darkslide", "serve"]
