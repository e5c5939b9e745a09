#pragma once

#include "net/engineio_options.h"
#include "net/http.h"

namespace taskgate::net {

// The CORS fields of an answer to this request, those of a preflight when its method is OPTIONS. Does nothing when CORS
// is off.
void add_cors_fields(const CorsOptions& cors, const Request& request, Response& response);

// Whether this request may open or become a WebSocket: not when it comes from a page of an origin that is not allowed.
[[nodiscard]] bool websocket_origin_allowed(const CorsOptions& cors, const Request& request);

}  // namespace taskgate::net
