#!/bin/sh
# Uploads the given files into a new project, with curl and jq.
#   DARKSLIDE_URL=http://127.0.0.1:8080 DARKSLIDE_API_KEY=… sh upload.sh DSC_0001.NEF DSC_0002.NEF
set -eu
api="${DARKSLIDE_URL:-http://127.0.0.1:8080}/v1/projects"

call() { # METHOD PATH [JSON]: prints what is in "data"; with a refusal, prints it and fails
  curl --silent --show-error --fail-with-body --request "$1" "$api$2" \
    --header "x-api-key: $DARKSLIDE_API_KEY" --header 'Content-Type: application/json' ${3:+--data "$3"} | jq --exit-status .data
}

# 1. A project.
project=$(call POST / "$(jq -n --arg name "curl $(date +%FT%T)-$$" '{name: $name}')" | jq -r .project_uuid)
echo "project $project"

# 2. One link for each file, all in one request.
names=$(for file in "$@"; do basename "$file"; done | jq -R '{file_name: .}' | jq -s '{files_list: .}')
links=$(call POST "/$project/get_temporary_upload_links" "$names")

# 3. The bytes. The link needs no API key; "Content-Type;" sends that header empty, as the link expects.
for file in "$@"; do
  link=$(echo "$links" | jq -r --arg name "$(basename "$file")" '.files_list[] | select(.file_name == $name).upload_link')
  curl --silent --show-error --fail --retry 5 --header 'Content-Type;' --upload-file "$file" "$link"
done

# 4. What storage has.
call GET "/$project/files" | jq -r '.files[] | "\(.status) \(.size) \(.file_name)"'
