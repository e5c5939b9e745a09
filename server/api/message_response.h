#pragma once

#include <string_view>

#include "base/json.h"
#include "net/http.h"

namespace taskgate::api {

// {"message": …}
[[nodiscard]] inline net::Response message_response(std::string_view message) {
  JsonWriter json;
  json.begin_object().member("message", message).end_object();
  return net::Response::json(200, json.take());
}

}  // namespace taskgate::api
