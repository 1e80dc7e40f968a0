# Two images: `app` (migrate, web, worker, beat) and `proxy`. Both on the Debian the tests run on.
FROM python:3.11-slim-bookworm AS app
ENV PYTHONUNBUFFERED=1 BOTILBUD_STATIC_ROOT=/srv/static
WORKDIR /app
COPY requirements.lock .
RUN pip install --no-cache-dir --require-hashes -r requirements.lock
COPY . .
RUN useradd --system --uid 10001 tavle \
    && BOTILBUD_SECRET_KEY=build python manage.py collectstatic --noinput -v 0 \
    && chown -R tavle /srv/static
USER tavle
EXPOSE 8000
CMD ["uvicorn", "botilbud.asgi:application", "--host", "0.0.0.0", "--port", "8000", \
     "--timeout-graceful-shutdown", "3", "--lifespan", "off", "--log-config", "deploy/uvicorn.json", \
     "--no-server-header", "--no-access-log", "--no-proxy-headers"]

FROM debian:bookworm-slim AS proxy
RUN apt-get update \
    && apt-get install -y --no-install-recommends nginx-light curl \
    && rm -rf /var/lib/apt/lists/*
COPY deploy/nginx.conf /etc/nginx/nginx.conf
USER www-data
EXPOSE 8080 8443
CMD ["nginx", "-e", "stderr"]
