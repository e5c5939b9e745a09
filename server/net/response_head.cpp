#include "net/response_head.h"

#include <iterator>

namespace taskgate::net {

namespace {

// A header that every answer carries unless the handler chose its own value.
struct SecurityHeader {
  std::string_view name;
  std::string_view line;
};
constexpr std::array<SecurityHeader, 6> security_headers{{
    {"X-Content-Type-Options", "X-Content-Type-Options: nosniff\r\n"},
    {"Referrer-Policy", "Referrer-Policy: no-referrer\r\n"},
    {"X-Frame-Options", "X-Frame-Options: DENY\r\n"},
    {"Content-Security-Policy", "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\n"},
    {"Cross-Origin-Opener-Policy", "Cross-Origin-Opener-Policy: same-origin\r\n"},
    {"Cross-Origin-Resource-Policy", "Cross-Origin-Resource-Policy: same-origin\r\n"},
}};
constexpr std::string_view transport_security = "Strict-Transport-Security: max-age=31536000\r\n";

constexpr std::array<std::string_view, 5> session_headers{"Content-Length", "Connection", "Date", "Transfer-Encoding",
                                                          "X-Request-Id"};

bool is_session_header(std::string_view name) {
  return std::any_of(session_headers.begin(), session_headers.end(),
                     [name](std::string_view other) { return equal_ignoring_case(name, other); });
}

bool is_safe(std::string_view text) {
  return text.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos;
}

}  // namespace

std::string_view reason_phrase(int status) {
  switch (status) {
    case 100:
      return "Continue";
    case 101:
      return "Switching Protocols";
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 206:
      return "Partial Content";
    case 301:
      return "Moved Permanently";
    case 302:
      return "Found";
    case 303:
      return "See Other";
    case 304:
      return "Not Modified";
    case 307:
      return "Temporary Redirect";
    case 308:
      return "Permanent Redirect";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 406:
      return "Not Acceptable";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 410:
      return "Gone";
    case 412:
      return "Precondition Failed";
    case 413:
      return "Content Too Large";
    case 415:
      return "Unsupported Media Type";
    case 417:
      return "Expectation Failed";
    case 422:
      return "Unprocessable Content";
    case 426:
      return "Upgrade Required";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Status";
  }
}

bool has_body(int status) { return status >= 200 && status != 204 && status != 304; }

bool write_response_head(std::string& out, const Response& response, const ResponseFacts& facts) {
  out.clear();
  auto sink = std::back_inserter(out);
  fmt::format_to(sink, "HTTP/1.1 {} {}\r\n", response.status, reason_phrase(response.status));

  unsigned chosen = 0;  // by the handler, one bit for each security header
  for (const auto& [name, value] : response.headers.all()) {
    if (is_session_header(name)) continue;
    if (name.empty() || !is_safe(name) || !is_safe(value)) return false;
    for (std::size_t i = 0; i < security_headers.size(); ++i) {
      if (equal_ignoring_case(name, security_headers[i].name)) chosen |= 1U << i;
    }
    out.append(name).append(": ").append(value).append("\r\n");
  }
  for (std::size_t i = 0; i < security_headers.size(); ++i) {
    if ((chosen >> i & 1U) == 0) out.append(security_headers[i].line);
  }
  if (facts.secure) out.append(transport_security);
  if (has_body(response.status)) fmt::format_to(sink, "Content-Length: {}\r\n", body_of(response).size());
  if (!facts.date.empty()) out.append("Date: ").append(facts.date).append("\r\n");
  if (!facts.request_id.empty()) out.append("X-Request-Id: ").append(facts.request_id).append("\r\n");
  out.append(facts.keep_alive ? "Connection: keep-alive\r\n\r\n" : "Connection: close\r\n\r\n");
  return true;
}

}  // namespace taskgate::net
