"""
`python3 sink_server.py ETAGS` speaks as much of the contract as an upload needs, on a free port of 127.0.0.1 that it
prints. What is PUT is thrown away; the ETags to answer stand in a JSON file, by file name.

A sink stands for a storage on another machine, so it must not take the processor from who sends. Linux throws bytes
away without copying them for MSG_TRUNC (tcp(7)), which Node does not offer: 1.2 GB cost 0.2 CPU s, with Node's HTTP
server 0.7.
"""

import json
import socket
import sys
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

with open(sys.argv[1], encoding="utf-8") as file:
    ETAGS = json.load(file)

# Sizes of what arrived, by project and name.
projects = {}

# Most that is thrown away by one call; nothing is ever written into it.
PIECE = bytearray(1 << 20)


class Sink(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_PUT(self):
        _, _, project, name = self.path.split("/")
        size = int(self.headers["content-length"])
        # What was read together with the headers, then the rest.
        left = size - len(self.rfile.read1(min(size, 1 << 16)))
        while left > 0:
            taken = self.connection.recv_into(PIECE, min(left, len(PIECE)), socket.MSG_TRUNC)
            if taken == 0:
                self.close_connection = True
                return
            left -= taken
        projects[project][name] = size
        self.reply(200, etag=f'"{ETAGS[name]}"')

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers.get("content-length", 0))) or "{}")
        route = self.path.strip("/").split("/")
        if route[-1] == "projects":
            project = str(uuid.uuid4())
            projects[project] = {}
            self.data({"project_uuid": project})
        elif route[-1] == "get_temporary_upload_links":
            link = f"http://{self.headers['host']}/objects/{route[-2]}/"
            names = [file["file_name"] for file in asked["files_list"]]
            self.data({"files_list": [{"file_name": name, "upload_link": link + name} for name in names]})
        else:
            self.not_found()

    def do_GET(self):
        route = self.path.split("?")[0].strip("/").split("/")
        if route[-1] != "files":
            return self.not_found()
        common = {"status": "uploaded", "uploaded_at": "2026-01-01T00:00:00.000Z", "md5_matches": None}
        files = [
            {"file_name": name, "size": size, "etag": ETAGS[name], **common}
            for name, size in projects[route[-2]].items()
        ]
        self.data({"files": files, "next_cursor": None})

    def data(self, value):
        self.reply(200, {"data": value})

    def not_found(self):
        self.reply(404, {"error": {"code": "route_not_found", "message": "There is no such call."}})

    def reply(self, status, body=None, **headers):
        text = b"" if body is None else json.dumps(body).encode()
        self.send_response_only(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)


# Python holds 5 connections that wait to be accepted; one more, and its SYN is sent again a second later.
ThreadingHTTPServer.request_queue_size = 128
server = ThreadingHTTPServer(("127.0.0.1", 0), Sink)
print(f"http://127.0.0.1:{server.server_port}", flush=True)
server.serve_forever()
