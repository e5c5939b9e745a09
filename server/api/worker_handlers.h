#pragma once

#include "api/route.h"

namespace taskgate::api {

// The worker protocol; see docs/workers.md.
Awaitable<net::Response> claim_jobs(Services& services, Call call);
Awaitable<net::Response> settle_jobs(Services& services, Call call);
Awaitable<net::Response> beat_jobs(Services& services, Call call);
Awaitable<net::Response> leave_work(Services& services, Call call);
// For admins.
Awaitable<net::Response> list_workers(Services& services, Call call);

// Where workers speak; results of many jobs may come at once, so bodies may be as large as a batch's.
inline constexpr std::string_view worker_paths = "/api/worker/";

}  // namespace taskgate::api
