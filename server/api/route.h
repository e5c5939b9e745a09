#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "api/services.h"
#include "base/principal.h"
#include "net/http.h"

namespace taskgate::api {

// Who may call a route. There is no default: every route names one.
enum class Policy {
  open,      // anybody
  user,      // a signed-in user
  admin,     // a signed-in user with the role admin
  internal,  // a process on this machine, or an admin
  worker,    // an API key with the scope worker
};

// What an API key needs to call a route; `none`: a session is needed.
using taskgate::KeyScope;

[[nodiscard]] std::string_view to_string(Policy policy);

// One call of a route, after the guard let it pass.
struct Call {
  net::Request request;
  std::optional<Principal> principal;  // set for `user`, `admin` and `worker`

  [[nodiscard]] const Principal& caller() const { return principal.value(); }
};

using Handler = Awaitable<net::Response> (*)(Services& services, Call call);

struct Route {
  std::string_view method;
  std::string_view pattern;  // see net::Router
  Policy policy;
  Handler handler;
  // What a key needs beyond that, for it stands for its owner: without the scope it is refused, an admin's, too.
  KeyScope key_scope = KeyScope::none;
};

// The table of contents of the HTTP API.
[[nodiscard]] std::span<const Route> routes();

}  // namespace taskgate::api
