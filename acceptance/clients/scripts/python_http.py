"""PUTs bytes to links with Python's HTTP clients; standard input names the links, standard output the statuses."""

import json
import sys
import urllib.request

import httpx
import requests

links = json.load(sys.stdin)
body = b"a small photo"


def with_urllib(link, headers):
    request = urllib.request.Request(link, data=body, method="PUT", headers=headers)
    with urllib.request.urlopen(request) as answer:
        return answer.status


statuses = {
    "requests": requests.put(links["requests"], data=body).status_code,
    "requests, empty": requests.put(links["requests, empty"], data=body, headers={"Content-Type": ""}).status_code,
    "httpx": httpx.put(links["httpx"], content=body).status_code,
    "httpx, empty": httpx.put(links["httpx, empty"], content=body, headers={"Content-Type": ""}).status_code,
    # Without the header urllib would claim to send a form.
    "urllib, empty": with_urllib(links["urllib, empty"], {"Content-Type": ""}),
}
with open(sys.argv[1], "rb") as photo:
    statuses["requests, file"] = requests.put(links["requests, file"], data=photo).status_code
print(json.dumps(statuses))
