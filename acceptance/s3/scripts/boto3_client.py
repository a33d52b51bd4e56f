"""Drives boto3 with its default settings; prints what it saw as JSON."""

import hashlib
import json
import sys

import boto3
import botocore.exceptions
import requests

endpoint, bucket, access_key, secret_key, small, large = sys.argv[1:]
s3 = boto3.client(
    "s3",
    endpoint_url=endpoint,
    aws_access_key_id=access_key,
    aws_secret_access_key=secret_key,
    region_name="us-east-1",
)
seen = {}


def md5(data):
    return hashlib.md5(data).hexdigest()


def code_of(call):
    try:
        call()
    except botocore.exceptions.ClientError as error:
        return error.response["Error"]["Code"]
    return None


s3.create_bucket(Bucket=bucket)
for name, path in [("small", small), ("large", large)]:
    s3.upload_file(path, bucket, f"photos/{name} ü.NEF", ExtraArgs={"Metadata": {"camera": "Z 9"}})
    s3.download_file(bucket, f"photos/{name} ü.NEF", path + ".back")
    with open(path, "rb") as sent, open(path + ".back", "rb") as got:
        seen[name] = md5(sent.read()) == md5(got.read())
    head = s3.head_object(Bucket=bucket, Key=f"photos/{name} ü.NEF")
    seen[name + " camera"] = head["Metadata"].get("camera")
for algorithm in ["CRC32", "SHA1", "SHA256"]:
    s3.put_object(Bucket=bucket, Key=algorithm, Body=b"x", ChecksumAlgorithm=algorithm)
    head = s3.head_object(Bucket=bucket, Key=algorithm, ChecksumMode="ENABLED")
    seen[algorithm] = "Checksum" + algorithm in head
pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, PaginationConfig={"PageSize": 2})
seen["keys"] = [entry["Key"] for page in pages for entry in page["Contents"]]
link = s3.generate_presigned_url("put_object", Params={"Bucket": bucket, "Key": "linked"}, ExpiresIn=60)
seen["link"] = requests.put(link, data=b"linked").status_code
seen["linked"] = s3.get_object(Bucket=bucket, Key="linked")["Body"].read().decode()
seen["missing"] = code_of(lambda: s3.get_object(Bucket=bucket, Key="nobody"))
seen["once"] = code_of(lambda: s3.put_object(Bucket=bucket, Key="linked", Body=b"x", IfNoneMatch="*"))
objects = [{"Key": entry} for entry in seen["keys"] + ["linked"]]
seen["deleted"] = len(s3.delete_objects(Bucket=bucket, Delete={"Objects": objects})["Deleted"])
seen["left"] = s3.list_objects_v2(Bucket=bucket)["KeyCount"]
print(json.dumps(seen))
