#pragma once

#include <string>
#include <string_view>

#include "net/http.h"

namespace taskgate::net {

// What the session knows about an answer besides the Response itself.
struct ResponseFacts {
  std::string_view date;  // an HTTP date, or empty for none
  std::string_view request_id;
  bool keep_alive = true;
  bool secure = false;  // adds Strict-Transport-Security
};

[[nodiscard]] std::string_view reason_phrase(int status);

// Writes the status line and the header of an answer into `out` (replacing what was there). Security headers that the
// handler did not set are added; Content-Length, Connection, Date, Transfer-Encoding and X-Request-Id are the session's
// and ignored if set. False when a field of the handler cannot be sent safely (CR, LF or NUL in it): nothing usable was
// written.
[[nodiscard]] bool write_response_head(std::string& out, const Response& response, const ResponseFacts& facts);

// Whether an answer of this status has a body at all (not 1xx, 204, 304).
[[nodiscard]] bool has_body(int status);

// The bytes of an answer's body.
[[nodiscard]] inline std::string_view body_of(const Response& response) {
  return response.body ? std::string_view(*response.body) : response.static_body;
}

}  // namespace taskgate::net
