#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# An event handler of a rollcall agent: writes nginx's upstreams again. What the event says is not used.
exec rollcall-generate nginx --name rollcall_web --tag role=web --port-tag http_port --network 10.0.0.0/8 \
    --output /etc/nginx/rollcall/web.conf --check "nginx -t -q" --reload "nginx -s reload"
