#include "net/refusal.h"

namespace taskgate::net {

Response refusal(int status, std::string_view code, std::string_view message, std::string_view request_id) {
  auto response = Response::json(status, fmt::format(R"({{"status":"{}","code":"{}","message":"{}","requestId":"{}"}})",
                                                     status >= 500 ? "error" : "fail", code, message, request_id));
  response.headers.add("Cache-Control", "no-store");
  return response;
}

}  // namespace taskgate::net
