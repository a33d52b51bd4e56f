"""Uploads the given files into a new project, with the vendor's own Python SDK.

    DARKSLIDE_URL=http://127.0.0.1:8080 DARKSLIDE_API_KEY=… python upload.py DSC_0001.NEF DSC_0002.NEF

Only the base URL differs from a program that talks to the vendor's service.
"""

import asyncio
import os
import sys
import time

from imagen_sdk import ImagenClient


async def main(paths):
    base_url = os.environ.get("DARKSLIDE_URL", "http://127.0.0.1:8080") + "/v1"
    async with ImagenClient(os.environ["DARKSLIDE_API_KEY"], base_url) as client:
        project = await client.create_project(f"Python {time.time()}")
        print("project", project)
        # With calculate_md5, storage refuses bytes that changed on the way.
        summary = await client.upload_images(project, paths, calculate_md5=True)
        for result in summary.results:
            if result.error:
                print(f"{result.file}: {result.error}", file=sys.stderr)
        print(f"{summary.successful} of {summary.total} uploaded")
        return 1 if summary.failed else 0


sys.exit(asyncio.run(main(sys.argv[1:])))
