FROM python:3.11-slim
WORKDIR /app
COPY requirements.lock .
RUN pip install --no-cache-dir --require-hashes -r requirements.lock
COPY . .
RUN BOTILBUD_SECRET_KEY=build python manage.py collectstatic --noinput -v 0 && useradd --system tavle && chown -R tavle var
USER tavle
EXPOSE 8000
CMD ["uvicorn", "botilbud.asgi:application", "--host", "0.0.0.0", "--port", "8000", "--timeout-graceful-shutdown", "3", "--no-server-header", "--no-access-log"]
