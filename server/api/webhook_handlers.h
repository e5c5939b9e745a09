#pragma once

#include "api/route.h"

namespace taskgate::api {

// GET, POST /api/webhooks
Awaitable<net::Response> list_webhooks(Services& services, Call call);
Awaitable<net::Response> create_webhook(Services& services, Call call);
// GET, PATCH, DELETE /api/webhooks/:id
Awaitable<net::Response> get_webhook(Services& services, Call call);
Awaitable<net::Response> change_webhook(Services& services, Call call);
Awaitable<net::Response> delete_webhook(Services& services, Call call);
// POST /api/webhooks/:id/test
Awaitable<net::Response> test_webhook(Services& services, Call call);
// GET /api/webhooks/:id/deliveries
Awaitable<net::Response> list_deliveries(Services& services, Call call);

}  // namespace taskgate::api
