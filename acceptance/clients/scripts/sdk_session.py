"""Drives the vendor's own SDK against the base URL that it is given; prints what it saw as JSON."""

import asyncio
import json
import sys
from pathlib import Path

from imagen_sdk import ImagenClient
from imagen_sdk.exceptions import ImagenError


async def message_of(call):
    try:
        await call
    except ImagenError as error:
        return str(error)
    return None


async def main(base_url, api_key, folder, name):
    small = sorted(str(path) for path in Path(folder, "small").iterdir())
    large = sorted(str(path) for path in Path(folder, "large").iterdir())
    seen = {}
    async with ImagenClient(api_key, base_url) as client:
        project = await client.create_project(name)
        summary = await client.upload_images(project, small, calculate_md5=True)
        item = await client.get_project(project)
        seen["profile"] = {
            "project": project,
            "summary": [summary.total, summary.successful, summary.failed],
            "errors": [result.error for result in summary.results if result.error],
            "by_name": await client.get_project_uuid(name),
            "images": item.number_of_images,
            "listed": project in [each.project_uuid for each in (await client.list_projects(size=100)).projects],
            "unnamed": await client.create_project(),
            "taken": await message_of(client.create_project(name)),
        }

        i2i = await client.create_i2i_project(name + " i2i")
        summary = await client.upload_i2i_images(i2i, small + large, multipart_threshold=6 * 1024 * 1024)
        direct = await client.upload_i2i_file_multipart(i2i, large[0], part_size=5 * 1024 * 1024, max_concurrent=3)
        aborted = await client.create_i2i_multipart_upload(i2i, "aborted.NEF", 3)
        await client.abort_i2i_multipart_upload(i2i, aborted.upload_id, aborted.key)
        seen["i2i"] = {
            "project": i2i,
            "summary": [summary.total, summary.successful, summary.failed],
            "errors": [result.error for result in summary.results if result.error],
            "parts": len(direct.parts),
            "images": (await client.get_i2i_project(i2i)).number_of_images,
            "listed": i2i in [each.project_uuid for each in (await client.list_i2i_projects(size=100)).projects],
            "valid": [await client.validate_i2i_project_name(name + " new"), await client.validate_i2i_project_name(name)],
            "single": (await client.get_i2i_upload_link(i2i, "single.NEF")).file_name,
            "aborted": await message_of(client.complete_i2i_multipart_upload(i2i, aborted.upload_id, "aborted.NEF")),
        }

    async with ImagenClient("nonsense", base_url) as stranger:
        seen["stranger"] = await message_of(stranger.get_project(project))
    print(json.dumps(seen))


asyncio.run(main(*sys.argv[1:]))
