"""Enters a person of each role at the hub, and a lead; writes their tokens beside the administrator's."""

import hashlib
import hmac
import json
import pathlib
import sys
import time
import urllib.request

url, folder = sys.argv[1], pathlib.Path(sys.argv[2])
admin = (folder / "data/hub/admin.token").read_text().strip()


def send(path, body, **headers):
    body = body if isinstance(body, bytes) else json.dumps(body).encode()
    request = urllib.request.Request(url + path, body, {"Content-Type": "application/json", **headers})
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


as_admin = {"Authorization": f"Bearer {admin}"}
for role in ("rep", "manager", "marketing", "auditor", "revops"):
    person = {"id": role, "name": role, "role": role, "takes": {"territories": ["Spain"]}}
    if role in ("rep", "manager"):
        person["team"] = "emea"
    send("/v1/people", person, **as_admin)
    token = send(f"/v1/people/{role}/tokens", {"label": "schemathesis"}, **as_admin)["token"]
    (folder / f"{role}.token").write_text(token)
secret = send("/v1/sources", {"name": "web"}, **as_admin)["secret"]
lead = {
    "key": "1",
    "person": {"first_name": "Maya", "last_name": "Chen", "email": "maya@chen.example", "country": "Spain"},
    "company": {"name": "Chen", "domain": "chen.example", "size": "450"},
    "flag": "met at the fair",
}
body, at = json.dumps(lead).encode(), int(time.time())
signature = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
send("/v1/intake/web", body, **{"Leadbox-Signature": f"t={at},v1={signature}"})
