#pragma once

#include "api/route.h"

namespace taskgate::api {

Awaitable<net::Response> list_own_jobs(Services& services, Call call);
Awaitable<net::Response> list_all_jobs(Services& services, Call call);
Awaitable<net::Response> count_jobs(Services& services, Call call);
Awaitable<net::Response> get_job(Services& services, Call call);
Awaitable<net::Response> cancel_job(Services& services, Call call);
Awaitable<net::Response> retry_job(Services& services, Call call);

}  // namespace taskgate::api
