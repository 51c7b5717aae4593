"""The real server of Confidant on a port of loopback, with keys and a table in moto.

server.py MOTO PORT: makes what the server needs there, and becomes it. A person is who the headers say.
"""

import os
import sys

import boto3

moto, port = sys.argv[1:]
settings = {
    "AWS_ACCESS_KEY_ID": "AKIDENVSECRETSTEST01",
    "AWS_SECRET_ACCESS_KEY": "x",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_ENDPOINT_URL": moto,
    "DYNAMODB_URL": moto,
    "KMS_URL": moto,
    "DYNAMODB_TABLE": "confidant",
    "DYNAMODB_CREATE_TABLE": "true",
    "AUTH_KEY": "alias/authnz-testing",
    "USER_AUTH_KEY": "alias/authnz-testing",
    "KMS_AUTH_USER_TYPES": "service,user",
    "KMS_MASTER_KEY": "alias/confidant-testing",
    "KMS_AUTH_MANAGE_GRANTS": "false",
    "AUTH_CONTEXT": "confidant-testing",
    "SCOPED_AUTH_KEYS": '{"alias/authnz-other": "other"}',
    "USER_AUTH_MODULE": "header",
    "HEADER_AUTH_USERNAME_HEADER": "X-User",
    "HEADER_AUTH_EMAIL_HEADER": "X-Email",
    "SESSION_SECRET": "of a test",
    "SSLIFY": "false",
    "IGNORE_CONFLICTS": "true",
    "BACKGROUND_CACHE_IAM_ROLES": "false",
}
os.environ.update(settings)

kms = boto3.client("kms", endpoint_url=moto)
for alias in ("authnz-testing", "authnz-other", "confidant-testing", "blind"):
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName=f"alias/{alias}", TargetKeyId=key)

gunicorn = [sys.executable, "-m", "gunicorn", "--worker-class", "gevent", "--workers", "1"]
os.execv(sys.executable, [*gunicorn, "--bind", f"127.0.0.1:{port}", "confidant.wsgi:app"])
