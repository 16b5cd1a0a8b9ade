# syntax=docker/dockerfile:1
# One image for web, worker, beat and sweeper: `docker run tandem web`, `… worker`, `… beat`, `… sweeper`, and once before
# them `… prepare` (checks, tables). It needs DATABASE_URL, REDIS_URL, SECRET_KEY and ALLOWED_HOSTS; see docker-compose.yml.

# --- Python packages, by the hashed lock file, in an environment that holds nothing else ---
FROM python:3.13-slim AS packages
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 UV_NO_CACHE=1 UV_LINK_MODE=copy
WORKDIR /build
COPY config/run/uv.txt requirements.txt ./
RUN python -m venv uv \
    && uv/bin/pip install --quiet --require-hashes -r uv.txt \
    && python -m venv --without-pip /opt/tandem \
    && uv/bin/uv pip sync --quiet --python /opt/tandem/bin/python --require-hashes --only-binary :all: \
        --compile-bytecode requirements.txt

# --- Browser libraries, by their lock file ---
FROM node:22-slim AS browser
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts --no-audit --no-fund --omit=dev

# --- The application with its message catalogues and its static files, collected, hashed and compressed. What npm brought
#     stays: icons are drawn from it. ---
FROM packages AS application
WORKDIR /app
COPY manage.py ./
COPY config config
COPY crm crm
COPY accounts accounts
COPY territories territories
COPY leads leads
COPY activities activities
COPY --from=browser /build/node_modules node_modules
# The settings ask for a key; this one never leaves this step.
RUN export TANDEM_ENV=production SECRET_KEY=build ALLOWED_HOSTS=build TANDEM_HOME=/build/home \
    && /opt/tandem/bin/python manage.py compile_catalogues \
    && /opt/tandem/bin/python manage.py collectstatic --noinput --verbosity 0 \
    && /opt/tandem/bin/python -m compileall -q -j 0 accounts activities config crm leads territories

# --- What runs ---
FROM python:3.13-slim AS tandem
LABEL org.opencontainers.image.title="Tandem" org.opencontainers.image.licenses="MIT"
ENV PATH=/opt/tandem/bin:$PATH \
    PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    TANDEM_ENV=production TANDEM_HOME=/data HOST=0.0.0.0 PORT=8000
RUN groupadd --gid 10001 tandem \
    && useradd --uid 10001 --gid tandem --no-create-home --home-dir /data --shell /usr/sbin/nologin tandem \
    && install -d -o tandem -g tandem -m 0700 /data
COPY --from=packages /opt/tandem /opt/tandem
COPY --from=application /app /app
WORKDIR /app
USER tandem
VOLUME /data
EXPOSE 8000
# For web. The other programs have no port; docker-compose.yml asks web about them.
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=3 CMD ["python", "-m", "config.run.probe"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["python", "-m", "config.run"]
CMD ["web"]
