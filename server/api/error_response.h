#pragma once

#include <string>

#include "base/result.h"
#include "net/http.h"

namespace taskgate::api {

// The one table from kinds of failure to HTTP statuses.
[[nodiscard]] int http_status(ErrorCode code);

// The answer to a request that failed: {"status","code","message","errors"?,"requestId"}, with `Retry-After` where the
// error has one.
[[nodiscard]] net::Response error_response(const Error& error, const net::Request& request);

// The acknowledgement of a socket event that failed: {"ok":false,"code","message","errors"?}.
[[nodiscard]] std::string error_acknowledgement(const Error& error);

}  // namespace taskgate::api
