#pragma once

#include "api/route.h"

namespace taskgate::api {

// GET /api/admin/queues, PUT /api/admin/queues/{types,queues,users}/…
Awaitable<net::Response> get_queues(Services& services, Call call);
Awaitable<net::Response> put_type_control(Services& services, Call call);
Awaitable<net::Response> put_queue_control(Services& services, Call call);
Awaitable<net::Response> put_user_control(Services& services, Call call);
// GET /api/jobs/types
Awaitable<net::Response> list_job_types(Services& services, Call call);
// GET /api/jobs/:id/explain
Awaitable<net::Response> explain_job(Services& services, Call call);

}  // namespace taskgate::api
