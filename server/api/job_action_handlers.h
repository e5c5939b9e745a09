#pragma once

#include "api/route.h"

namespace taskgate::api {

// POST /api/jobs/actions
Awaitable<net::Response> act_on_jobs(Services& services, Call call);

}  // namespace taskgate::api
