#include "net/http_session.h"

#include <boost/asio/co_spawn.hpp>

#include "base/log.h"
#include "base/result.h"
#include "net/refusal.h"
#include "net/response_head.h"

namespace taskgate::net {

namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr std::size_t idle_read_capacity = 4 * 1024;
// How much may be received ahead while an answer is owed.
constexpr std::size_t read_ahead_max = 16 * 1024;
constexpr std::chrono::seconds linger_timeout{5};
constexpr std::size_t linger_bytes_max = 64 * 1024 * 1024;
// A writer that moves at least this much within the write timeout gets another.
constexpr std::size_t write_progress_min = 16 * 1024;
constexpr std::size_t default_body_bytes_max = 1024 * 1024;

bool is_request_id(std::string_view id) {
  return !id.empty() && id.size() <= 64 && std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
           c == '-';
  });
}

}  // namespace

HttpSession::HttpSession(asio::ip::tcp::socket socket, asio::ip::address peer, bool secure, Loop& loop,
                         ServerContext& server, ConnectionPlace place)
    : socket_(std::move(socket)),
      loop_(loop),
      server_(server),
      place_(std::move(place)),
      peer_(std::move(peer)),
      secure_(secure),
      input_(idle_read_capacity),
      parser_(server.options.header_bytes_max) {
  error_code ec;
  socket_.non_blocking(true, ec);
  socket_.set_option(asio::ip::tcp::no_delay(true), ec);
}

void HttpSession::start() {
  loop_.join(shared_from_this());
  if (place_.admission() != Admission::welcome) return turn_away();
  deadline_ = std::chrono::steady_clock::now() + server_.options.header_timeout;
  receive();
}

void HttpSession::turn_away() {
  must_linger_ = true;
  close_after_ = true;
  respond(place_.admission() == Admission::address_full ? too_many_connections_of_address({}) : too_many_connections());
}

void HttpSession::on_abort(std::function<void()> callback) {
  if (phase_ != Phase::handling) return;
  if (end_of_input_) {
    asio::post(loop_.context(), std::move(callback));
  } else {
    abort_callbacks_.push_back(std::move(callback));
  }
}

void HttpSession::run_abort_callbacks() {
  const auto callbacks = std::exchange(abort_callbacks_, {});
  for (const auto& callback : callbacks) callback();
}

// ---- receiving

void HttpSession::receive() {
  if (receiving_ || end_of_input_ || phase_ == Phase::closed) return;
  const bool owed = phase_ == Phase::handling || phase_ == Phase::writing;
  if (owed && input_.size() >= read_ahead_max) return;
  receiving_ = true;
  const auto room = input_.prepare();
  socket_.async_read_some(
      asio::buffer(room.data(), room.size()),
      [self = shared_from_this()](error_code ec, std::size_t size) { self->on_received(ec, size); });
}

void HttpSession::on_received(error_code ec, std::size_t size) {
  receiving_ = false;
  if (phase_ == Phase::closed) return;
  if (!ec) input_.commit(size);
  if (phase_ == Phase::upgrading) return hand_over();
  if (ec) return on_peer_gone(ec != asio::error::eof);
  if (phase_ == Phase::lingering) {
    input_.consume(input_.size());
    if (size >= linger_left_) return close();
    linger_left_ -= size;
  }
  advance();
  receive();
}

void HttpSession::on_peer_gone(bool reset) {
  end_of_input_ = true;
  reset_ = reset;
  if (phase_ == Phase::handling) return run_abort_callbacks();  // an answer may still be read by a half-closed client
  if (phase_ == Phase::writing && !reset) return;
  close();
}

// Works on what was received, until more is needed or an answer is owed.
void HttpSession::advance() {
  while (phase_ == Phase::header || phase_ == Phase::body) {
    if (phase_ == Phase::header && input_.empty()) return;
    const bool first_bytes = phase_ == Phase::header && current_.started == Moment{};
    if (first_bytes) {
      current_.started = std::chrono::steady_clock::now();
      deadline_ = current_.started + server_.options.header_timeout;
    }
    std::size_t consumed = 0;
    const auto step = parser_.step(input_.data(), consumed);
    input_.consume(consumed);
    switch (step) {
      case RequestParser::Step::need_more:
        return;
      case RequestParser::Step::fault:
        return refuse(parser_.fault());
      case RequestParser::Step::header:
        if (!on_header()) return;
        break;
      case RequestParser::Step::complete:
        return begin_handling();
    }
  }
}

// False when the request was refused by its header.
bool HttpSession::on_header() {
  auto& request = parser_.request();
  auto origin = server_.proxies.origin(peer_, request.headers);
  request.peer_address = std::move(origin.address);
  request.secure = secure_ || origin.secure;
  const auto offered_id = request.headers.get("x-request-id");
  request.request_id = is_request_id(offered_id) ? std::string(offered_id) : loop_.make_request_id();

  current_.known = true;
  current_.method = request.method;
  current_.request_id = request.request_id;
  current_.secure = request.secure;
  current_.keep_alive = parser_.keep_alive();
  if (server_.options.access_log) {
    const auto shown = server_.options.logged_path ? server_.options.logged_path(request) : std::string_view{};
    current_.path = shown.empty() ? std::string_view(request.path) : shown;
    current_.peer_address = request.peer_address;
  }

  if (request.method == "CONNECT" || request.method == "TRACE") {
    refuse({405, "method_not_allowed", "This method is never allowed."});
    return false;
  }
  const auto body_max =
      server_.options.body_bytes_max ? server_.options.body_bytes_max(request) : default_body_bytes_max;
  parser_.limit_body(body_max);
  phase_ = Phase::body;
  if (!parser_.expects_body()) return true;

  deadline_ = std::chrono::steady_clock::now() + server_.options.body_timeout;
  const auto expectation = request.headers.get("expect");
  if (!expectation.empty() && !parser_.expects_continue()) {
    refuse({417, "expectation_failed", "The only expectation that can be met is 100-continue."});
    return false;
  }
  if (parser_.expects_continue() && input_.empty()) {
    // Refuse a body that is announced as too large before the client sends it.
    std::size_t consumed = 0;
    if (parser_.step({}, consumed) == RequestParser::Step::fault) {
      refuse(parser_.fault());
      return false;
    }
    constexpr std::string_view interim = "HTTP/1.1 100 Continue\r\n\r\n";
    error_code ec;
    // Nothing else is being sent, so 25 bytes fit, or the connection is not worth keeping.
    if (socket_.write_some(asio::buffer(interim), ec) != interim.size()) {
      close();
      return false;
    }
  }
  return true;
}

// ---- handling

void HttpSession::begin_handling() {
  phase_ = Phase::handling;
  deadline_ = never;
  current_.started = std::chrono::steady_clock::now();
  const bool upgrade = server_.websocket && parser_.wants_websocket();
  Request request = std::move(parser_.request());
  request.connection = shared_from_this();
  if (upgrade) return begin_upgrade(std::move(request));
  try {
    asio::co_spawn(loop_.context(), server_.http(std::move(request)),
                   [self = shared_from_this()](std::exception_ptr failure, Response response) {
                     self->on_handled(failure, std::move(response));
                   });
  } catch (...) {
    on_handled(std::current_exception(), {});
  }
}

void HttpSession::on_handled(std::exception_ptr failure, Response response) {
  abort_callbacks_.clear();
  if (failure) response = answer_to(failure);
  if (phase_ == Phase::closed || reset_) {
    record(response.status);
    return close();
  }
  respond(std::move(response));
}

Response HttpSession::answer_to(std::exception_ptr failure) const {
  try {
    std::rethrow_exception(failure);
  } catch (const StoreFailure& error) {
    log::error("the store failed a request", {{"requestId", current_.request_id}, {"error", error.what()}});
    auto response = refusal(503, "unavailable", "The service is not available right now.", current_.request_id);
    response.headers.add("Retry-After", "1");
    return response;
  } catch (const std::exception& error) {
    log::error("a request failed", {{"requestId", current_.request_id}, {"error", error.what()}});
  } catch (...) {
    log::error("a request failed", {{"requestId", current_.request_id}, {"error", "unknown exception"}});
  }
  return refusal(500, "internal_error", "Something went wrong.", current_.request_id);
}

// ---- answering

// Answers in place of a handler; the connection cannot go on, because where the next request begins is not known.
void HttpSession::refuse(const RequestFault& fault) {
  if (!current_.known) {  // refused before its header was understood; recorded all the same
    current_.known = true;
    current_.request_id = loop_.make_request_id();
    current_.peer_address = peer_.to_string();
  }
  auto response = refusal(fault.status, fault.code, fault.message, current_.request_id);
  if (fault.status == 405) response.headers.add("Allow", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");
  if (server_.options.on_refusal) server_.options.on_refusal(parser_.request(), response);
  current_.keep_alive = false;
  must_linger_ = true;
  respond(std::move(response));
}

void HttpSession::respond(Response response) {
  phase_ = Phase::writing;
  const bool keep_alive =
      current_.keep_alive && !response.close && !loop_.draining() && !(end_of_input_ && input_.empty());
  ResponseFacts facts{loop_.date(), current_.request_id, keep_alive, current_.secure};
  response_ = std::move(response);
  if (response_.status < 200 || response_.status > 599 || !write_response_head(head_, response_, facts)) {
    log::error("a handler gave an answer that cannot be sent", {{"requestId", current_.request_id}});
    response_ = refusal(500, "internal_error", "Something went wrong.", current_.request_id);
    (void)write_response_head(head_, response_, facts);
  }
  close_after_ = !keep_alive;
  body_ = current_.method == "HEAD" || !has_body(response_.status) ? std::string_view{} : body_of(response_);
  sent_ = 0;
  sent_at_deadline_ = 0;
  deadline_ = std::chrono::steady_clock::now() + server_.options.write_timeout;
  write();
}

// Most answers fit into the socket's buffer: they are written at once, without a turn of the loop.
void HttpSession::write() {
  while (sent_ < head_.size() + body_.size()) {
    const auto head = std::string_view(head_).substr(std::min(sent_, head_.size()));
    const auto body = body_.substr(sent_ > head_.size() ? sent_ - head_.size() : 0);
    const std::array<asio::const_buffer, 2> pieces{asio::buffer(head), asio::buffer(body)};
    error_code ec;
    sent_ += socket_.write_some(pieces, ec);
    if (ec == asio::error::would_block || ec == asio::error::try_again) {
      socket_.async_wait(asio::ip::tcp::socket::wait_write, [self = shared_from_this()](error_code wait_error) {
        if (self->phase_ != Phase::writing) return;
        if (wait_error) return self->close();
        self->write();
        self->receive();
      });
      return;
    }
    if (ec) {
      record(response_.status);
      return close();
    }
  }
  on_written();
}

void HttpSession::on_written() {
  record(response_.status);
  response_ = {};
  body_ = {};
  if (close_after_ || loop_.draining()) return finish(must_linger_ || !input_.empty());
  if (end_of_input_ && input_.empty()) return close();
  parser_.reset();
  current_ = {};
  phase_ = Phase::header;
  deadline_ = std::chrono::steady_clock::now() + server_.options.keep_alive_timeout;
  advance();
  if (end_of_input_ && (phase_ == Phase::header || phase_ == Phase::body)) return close();
  receive();
}

// Ends the connection after its last answer. Closing with unread input makes the kernel send a reset, which can destroy
// the answer on its way; where input may still come it is read away for a while.
void HttpSession::finish(bool lingering) {
  if (!lingering || end_of_input_) return close();
  error_code ec;
  socket_.shutdown(asio::ip::tcp::socket::shutdown_send, ec);
  phase_ = Phase::lingering;
  deadline_ = std::chrono::steady_clock::now() + linger_timeout;
  linger_left_ = linger_bytes_max;
  input_.consume(input_.size());
  receive();
}

void HttpSession::close() {
  if (phase_ == Phase::closed) return;
  phase_ = Phase::closed;
  error_code ec;
  socket_.close(ec);
  loop_.leave(*this);
}

void HttpSession::record(int status) {
  if (!current_.known) return;
  const auto elapsed = std::chrono::duration<double>(std::chrono::steady_clock::now() - current_.started).count();
  server_.requests[static_cast<std::size_t>(std::clamp(status / 100, 1, 5) - 1)]->Increment();
  server_.request_seconds.Observe(elapsed);
  if (!server_.options.access_log || !log::enabled(log::Level::info)) return;
  log::info("request", {{"method", std::string_view(current_.method)},
                        {"path", std::string_view(current_.path)},
                        {"status", status},
                        {"ms", fmt::format("{:.2f}", elapsed * 1000)},
                        {"bytes", body_.size()},
                        {"peer", std::string_view(current_.peer_address)},
                        {"requestId", std::string_view(current_.request_id)}});
}

// ---- the loop's calls

void HttpSession::on_tick(Moment now) {
  if (now < deadline_) return;
  const auto timed_out = [this] { refuse({408, "request_timeout", "The request took too long to arrive."}); };
  switch (phase_) {
    case Phase::header:
      return current_.started == Moment{} ? close() : timed_out();
    case Phase::body:
      return timed_out();
    case Phase::writing:
      if (sent_ - sent_at_deadline_ < write_progress_min) return abort();
      sent_at_deadline_ = sent_;
      deadline_ = now + server_.options.write_timeout;
      return;
    default:
      return close();
  }
}

void HttpSession::drain() {
  if (phase_ == Phase::header && current_.started == Moment{}) close();
}

void HttpSession::abort() {
  const bool owed = phase_ == Phase::handling;
  if (phase_ == Phase::closed) return;
  error_code ec;
  socket_.set_option(asio::socket_base::linger(true, 0), ec);  // a reset: a stalled client holds no kernel memory
  if (owed) {
    end_of_input_ = true;
    run_abort_callbacks();
  }
  if (phase_ == Phase::writing) record(response_.status);
  close();
}

}  // namespace taskgate::net
