#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "net/http.h"

namespace taskgate::net {

// Why a request was refused before any handler saw it; becomes an answer (net/refusal.h).
struct RequestFault {
  int status = 400;
  std::string_view code = "malformed_request";
  std::string_view message = "The request is malformed.";
};

// Reads HTTP/1.1 requests (RFC 9112) out of bytes, without any I/O: Boost.Beast's parser with stricter rules in front,
// because two programs that disagree about where a request ends can be played against each other (request smuggling).
// Refused with 400: Content-Length together with Transfer-Encoding, more than one of either, a length that is not
// digits only, line folding, white space before a colon, a bare CR or LF in the header, a bad chunk size, no Host or
// several or an impossible one (HTTP/1.1), a malformed target. A transfer coding other than `chunked` is 501, a version
// other than 1.0 and 1.1 is 505, a header over the limit 431, a body over its limit 413.
//
// One parser serves one connection: feed it in turns of `step`, and `reset` between requests.
class RequestParser {
 public:
  enum class Step {
    need_more,  // all usable input was consumed
    header,     // the header is complete: request() has everything but the body. Set the body's limit, then go on
    complete,   // the whole request is there; the rest of the input belongs to the next one
    fault,      // see fault(); the connection cannot be used further
  };

  explicit RequestParser(std::size_t header_bytes_max);
  ~RequestParser();
  RequestParser(const RequestParser&) = delete;
  RequestParser& operator=(const RequestParser&) = delete;

  // Works on the front of `input`; `consumed` says how much of it is used up. What is not must be given again, with
  // more after it.
  [[nodiscard]] Step step(std::string_view input, std::size_t& consumed);
  // For the body that follows the header just read. A Content-Length beyond it is a fault of the next step.
  void limit_body(std::size_t bytes_max);
  void reset();

  [[nodiscard]] Request& request();
  [[nodiscard]] const RequestFault& fault() const;
  [[nodiscard]] bool keep_alive() const;        // the client wants to go on after this request
  [[nodiscard]] bool expects_body() const;      // after the header: a body of at least one byte, or chunks, follow
  [[nodiscard]] bool expects_continue() const;  // ... and the client waits for "100 Continue"
  [[nodiscard]] bool wants_websocket() const;   // Connection: Upgrade, Upgrade: websocket

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace taskgate::net
