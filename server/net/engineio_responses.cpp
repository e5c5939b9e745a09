#include "net/engineio_responses.h"

#include "net/compression.h"
#include "net/field_list.h"
#include "net/response_head.h"

namespace taskgate::net {

Response engine_error_response(sio::EngineError error, std::string_view message) {
  return Response::json(sio::engine_error_status(error), sio::engine_error_body(error, message));
}

Response upgrade_error_response(sio::EngineError error, std::string_view message) {
  const std::string_view text = message.empty() ? sio::engine_error_message(error) : message;
  Response response = Response::text(400, "text/html", std::string(text));
  response.close = true;
  return response;
}

Response poll_response(const Request& request, sio::PollBody body) {
  const auto* type = body.binary ? "application/octet-stream" : "text/plain; charset=UTF-8";
  Response response = Response::text(200, type, std::move(body.bytes));
  response.headers.set("Cache-Control", "no-store");
  const std::string_view agent = request.headers.get("User-Agent");
  // Old Internet Explorer takes a payload for a page under attack and blanks it.
  if (agent.find(";MSIE") != std::string_view::npos || agent.find("Trident/") != std::string_view::npos) {
    response.headers.set("X-XSS-Protection", "0");
  }
  return response;
}

void compress_response(const Request& request, Response& response) {
  const std::string_view accepted = request.headers.get("Accept-Encoding");
  response.headers.set("Vary", "Accept-Encoding");
  for (const auto& [name, coding] : {std::pair{"gzip", Coding::gzip}, std::pair{"deflate", Coding::deflate}}) {
    if (!accepts_coding(accepted, name)) continue;
    response.body = std::make_shared<const std::string>(compress(body_of(response), coding));
    response.headers.set("Content-Encoding", name);
    return;
  }
}

Response post_response() {
  Response response = Response::text(200, "text/html", "ok");
  response.headers.set("Cache-Control", "no-store");
  return response;
}

Response empty_response(int status) {
  Response response;
  response.status = status;
  response.body = std::make_shared<const std::string>();
  return response;
}

Response overloaded_response() {
  Response response = Response::json(503, R"({"code":3,"message":"Service unavailable"})");
  response.headers.set("Retry-After", "2");
  return response;
}

std::string session_cookie_field(const SessionCookie& cookie, std::string_view sid) {
  std::string field = cookie.name + "=" + std::string(sid);
  if (!cookie.path.empty()) field += "; Path=" + cookie.path;
  if (cookie.http_only && !cookie.path.empty()) field += "; HttpOnly";
  if (!cookie.same_site.empty()) field += "; SameSite=" + cookie.same_site;
  return field;
}

}  // namespace taskgate::net
