#pragma once

#include "api/route.h"

namespace taskgate::api {

// GET, POST /api/schedules; GET /api/admin/schedules
Awaitable<net::Response> list_own_schedules(Services& services, Call call);
Awaitable<net::Response> list_all_schedules(Services& services, Call call);
Awaitable<net::Response> create_schedule(Services& services, Call call);
// POST /api/schedules/preview
Awaitable<net::Response> preview_schedule(Services& services, Call call);
// GET, PATCH, DELETE /api/schedules/:id
Awaitable<net::Response> get_schedule(Services& services, Call call);
Awaitable<net::Response> change_schedule(Services& services, Call call);
Awaitable<net::Response> delete_schedule(Services& services, Call call);
// POST /api/schedules/:id/run
Awaitable<net::Response> run_schedule(Services& services, Call call);

}  // namespace taskgate::api
