#pragma once

#include "api/route.h"

namespace taskgate::api {

Awaitable<net::Response> sign_up(Services& services, Call call);
Awaitable<net::Response> verify_email(Services& services, Call call);
Awaitable<net::Response> resend_verification(Services& services, Call call);
Awaitable<net::Response> forgot_password(Services& services, Call call);
Awaitable<net::Response> reset_password(Services& services, Call call);
Awaitable<net::Response> change_password(Services& services, Call call);
Awaitable<net::Response> get_own_account(Services& services, Call call);

}  // namespace taskgate::api
