#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/async.h"

namespace taskgate::net {

// Header fields in the order received or to be sent; names compare without case.
class Headers {
 public:
  [[nodiscard]] std::string_view get(std::string_view name) const;  // empty when absent; the first when repeated
  [[nodiscard]] bool has(std::string_view name) const;
  void set(std::string_view name, std::string value);  // replaces
  void add(std::string_view name, std::string value);
  void remove(std::string_view name);
  void reserve(std::size_t fields) { fields_.reserve(fields); }
  [[nodiscard]] const std::vector<std::pair<std::string, std::string>>& all() const { return fields_; }

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

// Tells a handler that its client went away while the answer was still owed. `on_abort` callbacks run on the
// connection's loop, at most once; set one only if the handler waits long (a poll).
class Connection {
 public:
  virtual ~Connection() = default;
  virtual void on_abort(std::function<void()> callback) = 0;
  // The loop the connection lives on.
  [[nodiscard]] virtual boost::asio::any_io_executor executor() const = 0;
};

// One request, fully read. Path and query are decoded once; `path` has no query and is not normalised.
struct Request {
  std::string method;                                       // "GET"
  std::string target;                                       // as received: "/api/jobs/all?limit=5"
  std::string path;                                         // percent-decoded: "/api/jobs/all"
  std::vector<std::pair<std::string, std::string>> query;   // decoded, in order
  std::vector<std::pair<std::string, std::string>> params;  // filled by the router: {"id", "0193…"}
  Headers headers;
  std::string body;
  std::string peer_address;  // textual IP of the client: of the TCP peer, or from a trusted proxy's X-Forwarded-For
  bool secure = false;       // over TLS, here or at a trusted proxy
  std::string request_id;    // made here, or taken from a valid X-Request-Id
  std::shared_ptr<Connection> connection;

  [[nodiscard]] std::optional<std::string_view> query_value(std::string_view name) const;  // the first of that name
  [[nodiscard]] std::string_view param(std::string_view name) const;                       // empty when absent
  [[nodiscard]] std::string_view cookie(std::string_view name) const;                      // empty when absent
};

// One answer. The body is shared so that a static asset or a broadcast is never copied. `Content-Length`, `Date`,
// `X-Request-Id` and the security headers are added by the session.
struct Response {
  int status = 200;
  Headers headers;
  std::shared_ptr<const std::string> body;
  std::string_view static_body;  // sent when `body` is null; the bytes must outlive the server
  bool close = false;            // close the connection after this answer

  [[nodiscard]] static Response text(int status, std::string content_type, std::string body);
  [[nodiscard]] static Response json(int status, std::string body);
};

// Compares names of header fields, and values that are case-insensitive by their definition (ASCII only).
[[nodiscard]] bool equal_ignoring_case(std::string_view a, std::string_view b);
// Whether a comma-separated list ("keep-alive, Upgrade") has the element, without case.
[[nodiscard]] bool list_contains(std::string_view list, std::string_view element);

using HttpHandler = std::function<Awaitable<Response>(Request)>;

}  // namespace taskgate::net
