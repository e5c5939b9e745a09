#include "net/refusal.h"

namespace taskgate::net {

Response refusal(int status, std::string_view code, std::string_view message, std::string_view request_id) {
  auto response = Response::json(status, fmt::format(R"({{"status":"{}","code":"{}","message":"{}","requestId":"{}"}})",
                                                     status >= 500 ? "error" : "fail", code, message, request_id));
  response.headers.add("Cache-Control", "no-store");
  return response;
}

Response too_many_connections() {
  auto response = refusal(503, "too_many_connections", "The server has no room for another connection.", {});
  response.headers.add("Retry-After", "5");
  return response;
}

Response too_many_connections_of_address(std::string_view request_id) {
  auto response = refusal(429, "too_many_connections_of_address",
                          "Your address has as many connections as it may; close some of them.", request_id);
  response.headers.add("Retry-After", "5");
  return response;
}

}  // namespace taskgate::net
