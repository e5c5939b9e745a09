#pragma once

#include "api/cross_origin.h"
#include "api/route.h"
#include "api/services.h"
#include "net/http.h"
#include "net/router.h"

namespace taskgate::api {

// What logs show instead of a path that contains a one-time token; empty for all other paths. A literal.
[[nodiscard]] std::string_view logged_path(const net::Request& request);

// The HTTP side of the product: finds the route of a request, checks who may call it, calls its handler, and renders
// what went wrong.
//
//   cross-origin rules → route → credentials and policy → handler → answer
//
// Paths that are not the API's belong to the dashboard: its files, and its start page for addresses of pages, so that
// deep links work.
class HttpApi {
 public:
  HttpApi(Services& services, CrossOrigin cross_origin);

  // Never throws: a StoreFailure becomes 503, anything else unexpected 500, both logged with the request's id.
  [[nodiscard]] Awaitable<net::Response> handle(net::Request request);

 private:
  Awaitable<net::Response> answer(net::Request request);
  Awaitable<net::Response> call_route(const Route& route, net::Request request);
  [[nodiscard]] net::Response answer_without_route(const net::Request& request) const;
  Awaitable<Result<Principal>> authenticate(const net::Request& request);

  Services& services_;
  CrossOrigin cross_origin_;
  net::Router router_;
};

}  // namespace taskgate::api
