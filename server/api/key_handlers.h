#pragma once

#include "api/route.h"

namespace taskgate::api {

Awaitable<net::Response> create_api_key(Services& services, Call call);
Awaitable<net::Response> list_api_keys(Services& services, Call call);
Awaitable<net::Response> delete_api_key(Services& services, Call call);

}  // namespace taskgate::api
