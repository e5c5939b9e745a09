#include "net/engineio_server.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <future>
#include <stdexcept>

#include "net/engineio_cors.h"
#include "net/engineio_drain.h"
#include "net/engineio_responses.h"
#include "sio/engineio_request.h"

namespace taskgate::net {

namespace asio = boost::asio;
using sio::EngineError;

struct EngineServer::State {
  EngineOptions options;
  std::vector<std::shared_ptr<EngineLoop>> loops;
  MakeListener make_listener;
  std::shared_ptr<EngineCounters> counters;
  std::atomic<bool> stopping{false};
  std::unique_ptr<HandshakeGate> gate;

  [[nodiscard]] std::uint64_t sessions() const { return counters->polling.load() + counters->websocket.load(); }

  // Whether a client may have a session now. Asked before anything that costs more than a header.
  [[nodiscard]] bool admits(const Request& request) {
    const bool admitted = !stopping.load() && sessions() < options.sessions_max &&
                          gate->admit(request.peer_address, std::chrono::steady_clock::now());
    if (!admitted) counters->count_refused_handshake();
    return admitted;
  }

  [[nodiscard]] std::shared_ptr<EngineLoop> loop_of(const asio::any_io_executor& executor) const {
    for (const auto& loop : loops) {
      if (loop->executor() == executor) return loop;
    }
    return nullptr;
  }

  // The loop that owns a session; nothing when the id cannot be one of ours.
  [[nodiscard]] std::shared_ptr<EngineLoop> owner_of(std::string_view sid) const {
    const auto index = EngineLoop::index_of_sid(sid);
    return index && *index < loops.size() ? loops[*index] : nullptr;
  }

  // Makes a session on the loop that runs this.
  std::shared_ptr<EngineConnection> open(const std::shared_ptr<EngineLoop>& loop, EngineTransport transport,
                                         std::shared_ptr<const EngineHandshake> handshake,
                                         std::shared_ptr<WebSocket> websocket) {
    auto connection = std::make_shared<EngineConnection>(loop, counters, options, transport, std::move(handshake));
    loop->add(connection);
    auto listener = make_listener(connection);
    connection->start(std::move(listener), std::move(websocket));
    return connection;
  }
};

namespace {

std::string_view query_of(const Request& request, std::string_view name) {
  return request.query_value(name).value_or("");
}

sio::EngineRequest engine_request(const Request& request, bool upgrade) {
  return {request.method,           query_of(request, "transport"), query_of(request, "sid"),
          query_of(request, "EIO"), request.headers.get("Origin"),  upgrade};
}

std::shared_ptr<const EngineHandshake> handshake_of(const Request& request, int revision) {
  auto handshake = std::make_shared<EngineHandshake>();
  handshake->headers = request.headers;
  handshake->query = request.query;
  handshake->target = request.target;
  handshake->peer_address = request.peer_address;
  handshake->secure = request.secure;
  handshake->revision = revision;
  handshake->base64 = !query_of(request, "b64").empty();
  return handshake;
}

Awaitable<void> wait_for(std::shared_ptr<PollAnswer> answer) {
  if (answer->body) co_return;
  auto initiate = [answer](auto handler) {
    auto shared = std::make_shared<decltype(handler)>(std::move(handler));
    answer->resume = [shared] { std::move (*shared)(); };
  };
  co_await asio::async_initiate<const asio::use_awaitable_t<>, void()>(initiate, asio::use_awaitable);
}

Awaitable<bool> knows(std::shared_ptr<EngineLoop> loop, std::string sid) { co_return loop->find(sid) != nullptr; }

Response answer_post(EngineConnection& connection, const Request& request, std::size_t bytes_max) {
  if (request.body.size() > bytes_max) return empty_response(413);
  const bool binary = request.headers.get("Content-Type") == "application/octet-stream";
  switch (connection.post(request.body, binary)) {
    case sio::EngineSession::PostOutcome::ok:
      return post_response();
    case sio::EngineSession::PostOutcome::gone:
      return engine_error_response(EngineError::unknown_sid);
    case sio::EngineSession::PostOutcome::mismatch:
    case sio::EngineSession::PostOutcome::malformed:
      break;
  }
  return engine_error_response(EngineError::bad_request);
}

Response answer_overlap(sio::EngineSession::PollOutcome outcome) {
  return engine_error_response(outcome == sio::EngineSession::PollOutcome::gone ? EngineError::unknown_sid
                                                                                : EngineError::bad_request);
}

// A WebSocket that nobody wants: accepted, then closed at once.
WebSocketEvents turn_away(const std::shared_ptr<WebSocket>& websocket) {
  websocket->close();
  WebSocketEvents events;
  events.on_message = [](std::string_view, bool) {};
  events.on_close = [](bool) {};
  return events;
}

void check_options(const EngineOptions& options, std::size_t loops) {
  if (loops == 0 || loops > 256) throw std::invalid_argument("an Engine.IO server needs 1 to 256 loops");
  if (options.path.size() < 2 || options.path.front() != '/' || options.path.back() != '/') {
    throw std::invalid_argument("the path of an Engine.IO server begins and ends with a slash");
  }
  if (options.outgoing_soft_bytes > options.outgoing_hard_bytes) {
    throw std::invalid_argument("outgoing_soft_bytes must not exceed outgoing_hard_bytes");
  }
  if (!(options.closings_per_second > 0)) throw std::invalid_argument("closings_per_second must be above 0");
}

}  // namespace

EngineServer::EngineServer(EngineOptions options, std::vector<asio::any_io_executor> loops, MakeListener make_listener)
    : state_(std::make_shared<State>()) {
  check_options(options, loops.size());
  state_->options = std::move(options);
  state_->counters = std::make_shared<EngineCounters>(state_->options.metrics);
  state_->make_listener = std::move(make_listener);
  state_->gate = std::make_unique<HandshakeGate>(state_->options.handshakes, std::chrono::steady_clock::now());
  for (std::size_t index = 0; index < loops.size(); ++index) {
    state_->loops.push_back(std::make_shared<EngineLoop>(index, std::move(loops[index])));
  }
}

EngineServer::~EngineServer() = default;

const EngineOptions& EngineServer::options() const { return state_->options; }
const EngineCounters& EngineServer::counters() const { return *state_->counters; }
const std::vector<std::shared_ptr<EngineLoop>>& EngineServer::loops() const { return state_->loops; }

bool EngineServer::owns(std::string_view path) const {
  const std::string_view own = state_->options.path;
  return path.substr(0, own.size()) == own || path == own.substr(0, own.size() - 1);
}

// --- HTTP
// ---------------------------------------------------------------------------------------------------------------------------

Awaitable<Response> EngineServer::handle_http(Request request) {
  const auto state = state_;
  const auto shared = std::make_shared<const Request>(std::move(request));
  Response response;
  if (shared->method == "OPTIONS" && state->options.cors.enabled()) {
    response = empty_response(204);
  } else {
    response = co_await answer(state, shared);
  }
  add_cors_fields(state->options.cors, *shared, response);
  co_return response;
}

Awaitable<Response> EngineServer::answer(std::shared_ptr<State> state, std::shared_ptr<const Request> request) {
  const sio::EngineRequest asked = engine_request(*request, false);
  const sio::EngineTransports enabled{state->options.polling, state->options.websocket};
  if (const auto error = sio::check_request(asked, enabled)) co_return engine_error_response(*error);
  if (asked.sid.empty()) co_return co_await handshake(state, request);

  const auto loop = state->owner_of(asked.sid);
  if (!loop) co_return engine_error_response(EngineError::unknown_sid);
  const auto poll = std::make_shared<PollAnswer>();
  if (request->method == "GET" && request->connection) {
    request->connection->on_abort([loop, poll, sid = std::string(asked.sid)] {
      asio::post(loop->executor(), [loop, poll, sid] {
        if (const auto connection = loop->find(sid)) connection->abort_poll(poll);
      });
    });
  }
  Awaitable<Response> task = answer_on_owner(state, loop, request, poll);
  const asio::any_io_executor here = co_await asio::this_coro::executor;
  if (here == loop->executor()) co_return co_await std::move(task);
  co_return co_await asio::co_spawn(loop->executor(), std::move(task), asio::use_awaitable);
}

Awaitable<Response> EngineServer::answer_on_owner(std::shared_ptr<State> state, std::shared_ptr<EngineLoop> loop,
                                                  std::shared_ptr<const Request> request,
                                                  std::shared_ptr<PollAnswer> poll) {
  const auto connection = loop->find(query_of(*request, "sid"));
  if (!connection) co_return engine_error_response(EngineError::unknown_sid);
  const bool polls =
      query_of(*request, "transport") == "polling" && connection->transport() == EngineTransport::polling;
  if (!polls) co_return engine_error_response(EngineError::bad_request);
  if (request->method == "POST") co_return answer_post(*connection, *request, state->options.max_http_buffer_size);
  if (request->method != "GET") co_return empty_response(500);

  const auto outcome = connection->poll(poll);
  if (outcome != sio::EngineSession::PollOutcome::pending) co_return answer_overlap(outcome);
  co_await wait_for(poll);
  const bool compress = poll->body->compress;
  Response response = poll_response(*request, std::move(*poll->body));
  const std::size_t threshold = state->options.http_compression_threshold;
  if (compress && threshold > 0 && response.body->size() >= threshold) compress_response(*request, response);
  co_return response;
}

Awaitable<Response> EngineServer::handshake(std::shared_ptr<State> state, std::shared_ptr<const Request> request) {
  if (!state->admits(*request)) co_return overloaded_response();
  if (state->options.allow_request) {
    const std::optional<std::string> refusal = co_await state->options.allow_request(*request);
    if (refusal) co_return engine_error_response(EngineError::forbidden, *refusal);
  }
  const auto revision = sio::check_protocol(engine_request(*request, false), state->options.allow_revision_3);
  if (!revision) co_return engine_error_response(EngineError::unsupported_protocol_version);

  const asio::any_io_executor here = co_await asio::this_coro::executor;
  const auto loop = state->loop_of(here);
  if (!loop) co_return engine_error_response(EngineError::bad_request);
  const auto connection = state->open(loop, EngineTransport::polling, handshake_of(*request, *revision), nullptr);
  const auto first = std::make_shared<PollAnswer>();
  (void)connection->poll(first);
  if (!first->body) co_return overloaded_response();
  Response response = poll_response(*request, std::move(*first->body));
  if (state->options.cookie) {
    response.headers.add("Set-Cookie", session_cookie_field(*state->options.cookie, connection->sid()));
  }
  co_return response;
}

// --- WebSocket
// ----------------------------------------------------------------------------------------------------------------------

Awaitable<WebSocketDecision> EngineServer::handle_upgrade(Request request) {
  const auto state = state_;
  const auto shared = std::make_shared<const Request>(std::move(request));
  co_return co_await decide(state, shared);
}

Awaitable<WebSocketDecision> EngineServer::decide(std::shared_ptr<State> state,
                                                  std::shared_ptr<const Request> request) {
  WebSocketDecision decision;
  decision.message_bytes_max = state->options.max_http_buffer_size;
  const sio::EngineRequest asked = engine_request(*request, true);
  const sio::EngineTransports enabled{state->options.polling, state->options.websocket};
  std::optional<EngineError> error = sio::check_request(asked, enabled);
  if (!error && asked.transport != "websocket") error = EngineError::bad_request;
  const auto owner = error || asked.sid.empty() ? nullptr : state->owner_of(asked.sid);
  if (!error && !asked.sid.empty() && !owner) error = EngineError::unknown_sid;
  if (owner) {
    Awaitable<bool> look_up = knows(owner, std::string(asked.sid));
    const bool known = co_await asio::co_spawn(owner->executor(), std::move(look_up), asio::use_awaitable);
    if (!known) error = EngineError::unknown_sid;
  }
  if (!error && !websocket_origin_allowed(state->options.cors, *request)) {
    state->counters->refused_origin.fetch_add(1, std::memory_order_relaxed);
    error = EngineError::forbidden;
  }
  if (!error && asked.sid.empty() && !state->admits(*request)) {
    decision.refusal = overloaded_response();
    decision.refusal->close = true;
    co_return decision;
  }
  if (!error && asked.sid.empty() && state->options.allow_request) {
    const std::optional<std::string> refusal = co_await state->options.allow_request(*request);
    if (refusal) {
      decision.refusal = upgrade_error_response(EngineError::forbidden, *refusal);
      co_return decision;
    }
  }
  const auto revision = sio::check_protocol(asked, state->options.allow_revision_3);
  if (!error && asked.sid.empty() && !revision) error = EngineError::unsupported_protocol_version;
  if (error) {
    decision.refusal = upgrade_error_response(*error);
  } else if (owner) {
    // What the session says to it shows on its loop: a WebSocket that is not wanted is closed right after the 101.
    decision.executor = owner->executor();
    decision.accept = [owner, sid = std::string(asked.sid),
                       upgrades = state->options.allow_upgrades](const std::shared_ptr<WebSocket>& websocket) {
      const auto connection = owner->find(sid);
      if (!upgrades || !connection || !connection->probe(websocket)) return turn_away(websocket);
      return connection->websocket_events(websocket);
    };
  } else {
    decision.accept = [state,
                       handshake = handshake_of(*request, *revision)](const std::shared_ptr<WebSocket>& websocket) {
      const auto loop = state->loop_of(websocket->executor());
      if (!loop || state->stopping.load()) return turn_away(websocket);
      return state->open(loop, EngineTransport::websocket, handshake, websocket)->websocket_events(websocket);
    };
  }
  co_return decision;
}

// --- The end
// ------------------------------------------------------------------------------------------------------------------------

void EngineServer::refuse_handshakes() { state_->stopping.store(true); }

void EngineServer::stop(std::chrono::milliseconds patience) {
  refuse_handshakes();
  using Seconds = std::chrono::duration<double>;
  const Seconds wanted(static_cast<double>(state_->sessions()) / state_->options.closings_per_second);
  const Seconds spread = std::min<Seconds>(wanted, patience * 3 / 4);
  std::vector<std::future<void>> done;
  for (const auto& loop : state_->loops) {
    auto promise = std::make_shared<std::promise<void>>();
    done.push_back(promise->get_future());
    asio::post(loop->executor(), [loop, promise, spread] {
      const auto drain = std::make_shared<EngineDrain>(loop, [promise] { promise->set_value(); });
      drain->start(std::chrono::duration_cast<std::chrono::milliseconds>(spread));
    });
  }
  const auto until = std::chrono::steady_clock::now() + patience;
  for (const auto& future : done) future.wait_until(until);
}

}  // namespace taskgate::net
