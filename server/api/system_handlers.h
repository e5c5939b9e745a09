#pragma once

#include "api/route.h"

namespace taskgate::api {

// The dashboard for browsers, a greeting for everybody else.
Awaitable<net::Response> get_welcome(Services& services, Call call);
Awaitable<net::Response> get_system_info(Services& services, Call call);
Awaitable<net::Response> get_openapi(Services& services, Call call);
Awaitable<net::Response> get_docs(Services& services, Call call);
Awaitable<net::Response> get_health(Services& services, Call call);  // the process is up
Awaitable<net::Response> get_readiness(Services& services,
                                       Call call);  // the store is reachable and the server is not draining
Awaitable<net::Response> get_metrics(Services& services, Call call);

}  // namespace taskgate::api
