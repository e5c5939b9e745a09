#pragma once

#include "api/route.h"

namespace taskgate::api {

Awaitable<net::Response> log_in(Services& services, Call call);
Awaitable<net::Response> refresh_token(Services& services, Call call);
Awaitable<net::Response> log_out(Services& services, Call call);
Awaitable<net::Response> log_out_everywhere(Services& services, Call call);
Awaitable<net::Response> list_sessions(Services& services, Call call);
Awaitable<net::Response> end_session(Services& services, Call call);

}  // namespace taskgate::api
