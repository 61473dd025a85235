# syntax=docker/dockerfile:1
# One image for every process; the compose file says which one it is.

FROM python:3.11-slim AS build
WORKDIR /build
COPY requirements/uv.txt requirements/run.txt requirements/
RUN pip install --no-cache-dir --require-hashes -r requirements/uv.txt \
 && uv venv /opt/tidings \
 && VIRTUAL_ENV=/opt/tidings uv pip install --no-cache --require-hashes -r requirements/run.txt
COPY pyproject.toml README.md LICENSE ./
COPY analytics analytics
COPY api api
COPY contracts contracts
COPY ingest ingest
COPY providers providers
COPY runtime runtime
COPY streams streams
COPY tidings tidings
RUN VIRTUAL_ENV=/opt/tidings uv pip install --no-cache --no-deps .

FROM python:3.11-slim
# A fixed number, so that a volume's files keep their owner from one image to the next.
RUN useradd --uid 10001 --create-home --home-dir /var/lib/tidings tidings
COPY --from=build /opt/tidings /opt/tidings
ENV PATH=/opt/tidings/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    TIDINGS_DATA_DIR=/var/lib/tidings/data
USER tidings
WORKDIR /var/lib/tidings
RUN mkdir -p data
VOLUME /var/lib/tidings/data
CMD ["tidings", "--help"]
