#include "net/request_parser.h"

#include <boost/beast/http/basic_parser.hpp>

#include "net/target.h"

namespace taskgate::net {

namespace {

namespace http = boost::beast::http;
using boost::beast::error_code;
using View = boost::beast::string_view;  // converts to and from the standard one

constexpr RequestFault malformed(std::string_view message) { return {400, "malformed_request", message}; }
constexpr RequestFault header_too_large{431, "header_too_large", "The header of the request is too large."};
constexpr RequestFault body_too_large{413, "payload_too_large", "The body of the request is too large."};

// A chunk's size line with its extensions, or the trailers, may not make the server hold more than this.
constexpr std::size_t chunk_meta_bytes_max = 8 * 1024;
constexpr std::size_t body_reserve_max = 64 * 1024;
constexpr std::size_t headers_max = 100;

bool is_token_char(char c) {
  constexpr std::string_view others = "!#$%&'*+-.^_`|~";
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         others.find(c) != std::string_view::npos;
}

// An uri-host with an optional port; may be empty (RFC 9112, 3.2).
bool is_host(std::string_view value) {
  constexpr std::string_view others = "-._~!$&'()*+;=:[]%";
  return std::all_of(value.begin(), value.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           others.find(c) != std::string_view::npos;
  });
}

bool is_digits(std::string_view value) {
  return !value.empty() && std::all_of(value.begin(), value.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// What Beast would tolerate in the raw header: folded lines, line ends other than CRLF.
std::optional<RequestFault> check_raw_header(std::string_view header) {
  for (std::size_t at = header.find_first_of("\r\n"); at != std::string_view::npos;
       at = header.find_first_of("\r\n", at + 2)) {
    if (header[at] != '\r' || at + 1 >= header.size() || header[at + 1] != '\n') {
      return malformed("Header lines must end in CR LF.");
    }
    if (at + 2 < header.size() && (header[at + 2] == ' ' || header[at + 2] == '\t')) {
      return malformed("A header line is folded.");
    }
  }
  return std::nullopt;
}

// Fills a Request from Beast's events and keeps what the rules need.
class Collector final : public http::basic_parser<true> {
 public:
  Request request;
  std::optional<RequestFault> fault;
  std::size_t body_bytes_max = 0;
  bool in_header = true;

  Collector() {
    body_limit(boost::none);  // counted here
    request.headers.reserve(16);
  }

 private:
  void refuse(const RequestFault& why, error_code& ec) {
    fault = why;
    ec = http::error::bad_value;
  }

  void on_request_impl(http::verb, View method, View target, int, error_code&) override {
    request.method.assign(method.data(), method.size());
    request.target.assign(target.data(), target.size());
  }

  void on_field_impl(http::field field, View name, View value, error_code& ec) override {
    if (!in_header) return;  // trailers are dropped
    if (field == http::field::host) {
      if (++hosts_ > 1 || !is_host(value)) return refuse(malformed("The Host header is invalid."), ec);
    } else if (field == http::field::content_length) {
      if (++lengths_ > 1 || !is_digits(value)) return refuse(malformed("The Content-Length header is invalid."), ec);
    } else if (field == http::field::transfer_encoding) {
      if (++encodings_ > 1) return refuse(malformed("The Transfer-Encoding header is repeated."), ec);
      if (!equal_ignoring_case(value, "chunked")) {
        return refuse({501, "not_implemented", "The only supported transfer coding is chunked."}, ec);
      }
    }
    if (request.headers.all().size() >= headers_max) return refuse(header_too_large, ec);
    request.headers.add(name, std::string(value));
  }

  void on_header_impl(error_code& ec) override {
    in_header = false;
    if (lengths_ > 0 && encodings_ > 0) {
      return refuse(malformed("Content-Length and Transfer-Encoding exclude each other."), ec);
    }
    if (version() == 11 && hosts_ == 0) return refuse(malformed("The Host header is missing."), ec);
    if (version() == 10 && encodings_ > 0) return refuse(malformed("HTTP/1.0 has no transfer codings."), ec);
    if (request.method == "CONNECT") return;  // its target is an authority; it is never served
    auto parts = split_target(request.target);
    if (!parts) return refuse(malformed("The request target is malformed."), ec);
    request.path = std::move(parts->path);
    request.query = std::move(parts->query);
  }

  void on_body_init_impl(const boost::optional<std::uint64_t>& length, error_code& ec) override {
    if (!length) return;
    if (*length > body_bytes_max) return refuse(body_too_large, ec);
    request.body.reserve(static_cast<std::size_t>(std::min<std::uint64_t>(*length, body_reserve_max)));
  }

  std::size_t on_body_impl(View bytes, error_code& ec) override {
    if (bytes.size() > body_bytes_max - request.body.size()) {
      refuse(body_too_large, ec);
      return 0;
    }
    request.body.append(bytes.data(), bytes.size());
    return bytes.size();
  }

  void on_chunk_header_impl(std::uint64_t size, View, error_code& ec) override {
    if (size > body_bytes_max - request.body.size()) refuse(body_too_large, ec);
  }

  std::size_t on_chunk_body_impl(std::uint64_t, View bytes, error_code& ec) override { return on_body_impl(bytes, ec); }

  void on_response_impl(int, View, int, error_code&) override {}
  void on_finish_impl(error_code&) override {}

 public:
  [[nodiscard]] int version() const { return version_; }
  void set_version(int version) { version_ = version; }

 private:
  int version_ = 11;
  int hosts_ = 0;
  int lengths_ = 0;
  int encodings_ = 0;
};

}  // namespace

struct RequestParser::State {
  std::size_t header_bytes_max;
  std::optional<Collector> collector;
  RequestFault fault;
  std::size_t scanned = 0;  // of the header's bytes, already searched for its end
  bool header_done = false;

  Step fail(const RequestFault& why) {
    fault = why;
    return Step::fault;
  }

  Step read_header(std::string_view input, std::size_t& consumed);
  Step read_body(std::string_view input, std::size_t& consumed);
};

RequestParser::RequestParser(std::size_t header_bytes_max) : state_(std::make_unique<State>()) {
  state_->header_bytes_max = header_bytes_max;
  reset();
}
RequestParser::~RequestParser() = default;

void RequestParser::reset() {
  state_->collector.emplace();
  state_->collector->header_limit(static_cast<std::uint32_t>(state_->header_bytes_max + 4));
  state_->scanned = 0;
  state_->header_done = false;
}

void RequestParser::limit_body(std::size_t bytes_max) { state_->collector->body_bytes_max = bytes_max; }
Request& RequestParser::request() { return state_->collector->request; }
const RequestFault& RequestParser::fault() const { return state_->fault; }
bool RequestParser::keep_alive() const { return state_->collector->keep_alive(); }

bool RequestParser::expects_body() const { return state_->header_done && !state_->collector->is_done(); }

bool RequestParser::expects_continue() const {
  return expects_body() && equal_ignoring_case(state_->collector->request.headers.get("expect"), "100-continue");
}

bool RequestParser::wants_websocket() const {
  return state_->collector->upgrade() && list_contains(state_->collector->request.headers.get("upgrade"), "websocket");
}

RequestParser::Step RequestParser::step(std::string_view input, std::size_t& consumed) {
  consumed = 0;
  if (!state_->header_done) return state_->read_header(input, consumed);
  return state_->read_body(input, consumed);
}

RequestParser::Step RequestParser::State::read_header(std::string_view input, std::size_t& consumed) {
  // Empty lines before a request are tolerated (RFC 9112, 2.2).
  while (input.substr(consumed).starts_with("\r\n")) consumed += 2;
  input.remove_prefix(consumed);
  if (consumed > 0) scanned = 0;
  if (input.empty() || input == "\r") return Step::need_more;
  if (!is_token_char(input.front())) return fail(malformed("This is not an HTTP request."));

  const auto end = input.find("\r\n\r\n", scanned);
  const auto header_size = end == std::string_view::npos ? input.size() : end + 4;
  if (header_size > header_bytes_max) return fail(header_too_large);
  if (end == std::string_view::npos) {
    scanned = input.size() < 3 ? 0 : input.size() - 3;
    return Step::need_more;
  }
  const auto header = input.substr(0, header_size);
  if (const auto why = check_raw_header(header)) return fail(*why);
  const auto first_line = header.substr(0, header.find('\r'));
  if (first_line.ends_with(" HTTP/1.0")) {
    collector->set_version(10);
  } else if (!first_line.ends_with(" HTTP/1.1")) {
    const bool other_version = first_line.rfind(" HTTP/") != std::string_view::npos;
    if (other_version) return fail({505, "version_not_supported", "The server speaks HTTP/1.1."});
    return fail(malformed("The request line is malformed."));
  }

  error_code ec;
  consumed += collector->put(boost::asio::const_buffer(header.data(), header.size()), ec);
  if (collector->fault) return fail(*collector->fault);
  if (ec) return fail(malformed("The header of the request is malformed."));
  header_done = true;
  collector->eager(true);
  return Step::header;
}

RequestParser::Step RequestParser::State::read_body(std::string_view input, std::size_t& consumed) {
  if (collector->is_done()) return Step::complete;
  if (const auto length = collector->content_length(); length && *length > collector->body_bytes_max) {
    return fail(body_too_large);
  }
  // Beast takes for granted that it sees no less than a whole last chunk, and ends a program that was built with
  // assertions. Whatever is left of a body in chunks is at least that long.
  constexpr std::size_t last_chunk_bytes = std::string_view("0\r\n\r\n").size();
  if (input.empty() || (collector->chunked() && input.size() < last_chunk_bytes)) return Step::need_more;
  error_code ec;
  consumed = collector->put(boost::asio::const_buffer(input.data(), input.size()), ec);
  if (collector->fault) return fail(*collector->fault);
  if (ec == http::error::need_more) ec = {};
  if (ec) return fail(malformed("The body of the request is malformed."));
  if (collector->is_done()) return Step::complete;
  if (input.size() - consumed > chunk_meta_bytes_max) return fail(malformed("A chunk header or trailer is too large."));
  return Step::need_more;
}

}  // namespace taskgate::net
