#pragma once

#include "api/route.h"

namespace taskgate::api {

Awaitable<net::Response> get_job_log(Services& services, Call call);
Awaitable<net::Response> get_job_events(Services& services, Call call);

}  // namespace taskgate::api
