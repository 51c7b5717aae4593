"""A person at a real Confidant, who creates what a story needs, and a service that requests it.

person.py MOTO URL: reads JSON with `credentials`, `blind`, `services` and `requests` from standard input, and
prints the answers to the requests.
"""

import base64
import datetime
import json
import sys

import boto3
import requests
from cryptography.fernet import Fernet

REGION = "us-east-1"
moto, url = sys.argv[1:]
kms = boto3.client("kms", REGION, endpoint_url=moto, aws_access_key_id="x", aws_secret_access_key="x")
session = requests.Session()
session.headers.update({"X-User": "rob", "X-Email": "rob@example.com"})
session.get(f"{url}/v1/user/email").raise_for_status()
session.headers["X-XSRF-TOKEN"] = session.cookies["XSRF-TOKEN"]


def send(method, path, body):
    answer = session.request(method, url + path, json=body)
    assert answer.status_code == 200, (path, answer.status_code, answer.text)
    return answer.json()["id"]


def credential(name, pairs, enabled=True):
    body = {"name": name, "credential_pairs": pairs, "enabled": enabled, "documentation": "of a test"}
    return send("POST", "/v1/credentials", body)


def blind(name, pairs, context, listed=True):
    key = Fernet.generate_key()
    blob = kms.encrypt(KeyId="alias/blind", Plaintext=key, EncryptionContext=context)["CiphertextBlob"]
    token = Fernet(key).encrypt(json.dumps(pairs).encode()).decode()
    body = {
        "name": name,
        "credential_pairs": {REGION: token},
        "data_key": {REGION: base64.b64encode(blob).decode()},
        "metadata": {"context": {REGION: context}},
        "cipher_type": "fernet",
        "cipher_version": 2,
        "enabled": True,
        "documentation": "of a test",
    }
    if listed:
        body["credential_keys"] = list(pairs)
    return send("POST", "/v1/blind_credentials", body)


def token(key, context, lifetime):
    now = datetime.datetime.utcnow() - datetime.timedelta(minutes=3)
    times = {"not_before": now, "not_after": now + datetime.timedelta(minutes=lifetime)}
    plain = json.dumps({name: f"{time:%Y%m%dT%H%M%SZ}" for name, time in times.items()})
    blob = kms.encrypt(KeyId=key, Plaintext=plain, EncryptionContext=context)["CiphertextBlob"]
    return base64.b64encode(blob).decode()


wanted = json.load(sys.stdin)
own = [credential(**one) for one in wanted.get("credentials", [])]
blinds = [blind(**one) for one in wanted.get("blind", [])]
for service in wanted.get("services", []):
    body = {"credentials": own, "blind_credentials": blinds, "enabled": True, **service}
    send("PUT", f"/v1/services/{service['id']}", body)
answers = []
for path, username, key, context, lifetime in wanted.get("requests", []):
    headers = {"X-Auth-From": username, "X-Auth-Token": token(key, context, lifetime)} if key else {}
    answer = requests.get(url + path, headers=headers)
    answers.append([answer.status_code, answer.text])
json.dump(answers, sys.stdout)
