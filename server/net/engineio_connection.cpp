#include "net/engineio_connection.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <utility>

namespace taskgate::net {
namespace {

using Transport = sio::EngineSession::Transport;

sio::Moment now() { return std::chrono::steady_clock::now(); }

sio::EngineSessionOptions session_options(const EngineOptions& options, const EngineHandshake& handshake) {
  sio::EngineSessionOptions result;
  result.ping_interval = options.ping_interval;
  result.ping_timeout = options.ping_timeout;
  result.upgrade_timeout = options.upgrade_timeout;
  result.close_timeout = options.close_timeout;
  result.max_payload = options.max_http_buffer_size;
  result.offer_websocket = options.websocket && options.allow_upgrades;
  result.revision = handshake.revision;
  result.base64 = handshake.base64;
  return result;
}

Transport transport_of(EngineTransport transport) {
  return transport == EngineTransport::polling ? Transport::polling : Transport::websocket;
}

WebSocketMessage websocket_message(const sio::EngineFrame& frame) { return {frame.payload, frame.binary}; }

}  // namespace

// --- EngineCounters
// -----------------------------------------------------------------------------------------------------------------

EngineCounters::EngineCounters(Metrics* metrics) {
  if (metrics == nullptr) return;
  const auto sessions = [metrics](const char* transport) -> prometheus::Gauge& {
    return metrics->gauge("taskgate_socket_sessions", "Open Socket.IO sessions.", {{"transport", transport}});
  };
  measures_.emplace(Measures{
      sessions("polling"), sessions("websocket"),
      metrics->counter("taskgate_socket_handshakes_refused_total", "Socket.IO sessions that were refused with 503."),
      metrics->counter("taskgate_socket_slow_readers_closed_total", "Sessions closed for a full outgoing queue.")});
}

void EngineCounters::count_session(EngineTransport transport, bool up) {
  const bool polls = transport == EngineTransport::polling;
  (polls ? polling : websocket).fetch_add(up ? 1 : ~std::uint64_t{0}, std::memory_order_relaxed);
  if (measures_) (polls ? measures_->polling : measures_->websocket).Increment(up ? 1 : -1);
}

void EngineCounters::count_refused_handshake() {
  refused_handshakes.fetch_add(1, std::memory_order_relaxed);
  if (measures_) measures_->refused_handshakes.Increment();
}

void EngineCounters::count_full_queue() {
  closed_full_queue.fetch_add(1, std::memory_order_relaxed);
  if (measures_) measures_->closed_full_queue.Increment();
}

// --- EngineConnection
// ---------------------------------------------------------------------------------------------------------------

EngineConnection::EngineConnection(std::shared_ptr<EngineLoop> loop, std::shared_ptr<EngineCounters> counters,
                                   const EngineOptions& options, EngineTransport transport,
                                   std::shared_ptr<const EngineHandshake> handshake)
    : loop_(std::move(loop)),
      counters_(std::move(counters)),
      handshake_(std::move(handshake)),
      soft_bytes_(options.outgoing_soft_bytes),
      hard_bytes_(options.outgoing_hard_bytes),
      session_(loop_->make_sid(), transport_of(transport), session_options(options, *handshake_), *this, now()) {}

EngineConnection::~EngineConnection() {
  if (counted_) counters_->count_session(transport(), false);
}

// --- For the user of the session
// ----------------------------------------------------------------------------------------------------

EngineTransport EngineConnection::transport() const {
  return session_.transport() == Transport::polling ? EngineTransport::polling : EngineTransport::websocket;
}

bool EngineConnection::writable() const {
  if (!open()) return false;
  return session_.transport() == Transport::polling ? session_.poll_pending()
                                                    : websocket_ && websocket_->queued_bytes() == 0;
}

std::size_t EngineConnection::queued_bytes() const {
  return session_.queued_bytes() + session_.queued_frames() * queued_message_cost +
         (websocket_ ? websocket_->queued_bytes() : 0);
}

void EngineConnection::send(const std::vector<sio::EngineFrame>& frames) {
  if (!open() || overflows()) return;
  for (const sio::EngineFrame& frame : frames) session_.send(frame);
}

void EngineConnection::send_volatile(const std::vector<sio::EngineFrame>& frames) {
  if (writable()) {
    send(frames);
  } else {
    counters_->dropped_volatile.fetch_add(1, std::memory_order_relaxed);
  }
}

void EngineConnection::send_coalesced(std::string_view key, const std::vector<sio::EngineFrame>& frames) {
  if (!open()) return;
  const auto held = held_.find(key);
  if (held != held_.end()) {
    held->second = frames;
  } else if (queued_bytes() > soft_bytes_) {
    held_.emplace(key, frames);
  } else {
    send(frames);
  }
}

// A reader too slow for too long is let go. Not at once: the caller may be in the middle of a broadcast.
bool EngineConnection::overflows() {
  if (overflowed_) return true;
  if (queued_bytes() <= hard_bytes_) return false;
  overflowed_ = true;
  counters_->count_full_queue();
  boost::asio::post(executor(), [self = shared_from_this()] {
    const auto websocket = self->websocket_;
    self->abandon("outgoing queue full");
    if (websocket) websocket->abort();
  });
  return true;
}

void EngineConnection::close(std::string_view reason) {
  const auto self = shared_from_this();
  session_.close(reason, now());
  after_input();
}

void EngineConnection::abandon(std::string_view reason) {
  const auto self = shared_from_this();
  session_.abandon(reason);
  after_input();
}

void EngineConnection::reschedule() {
  if (session_.ended()) return;
  const sio::Moment next = listener_ ? listener_->next_deadline() : sio::Moment::max();
  loop_->schedule(*this, std::min(session_.next_deadline(), next));
}

// --- What happens
// -------------------------------------------------------------------------------------------------------------------

void EngineConnection::start(std::shared_ptr<EngineListener> listener, std::shared_ptr<WebSocket> websocket) {
  websocket_ = std::move(websocket);
  counted_ = true;
  counters_->count_session(transport(), true);
  session_.start();
  listener_ = std::move(listener);
  if (listener_) listener_->on_open();
  after_input();
}

sio::EngineSession::PollOutcome EngineConnection::poll(const std::shared_ptr<PollAnswer>& answer) {
  const auto self = shared_from_this();
  const auto earlier = std::exchange(poll_, answer);
  if (earlier) poll_ = earlier;  // an overlap: it is the earlier one that the session will answer
  const auto outcome = session_.poll(now());
  after_input();
  return outcome;
}

void EngineConnection::abort_poll(const std::shared_ptr<PollAnswer>& answer) {
  if (poll_ != answer) return;  // was answered meanwhile
  const auto self = shared_from_this();
  answer_poll({});
  session_.poll_aborted();
  after_input();
}

sio::EngineSession::PostOutcome EngineConnection::post(std::string_view body, bool binary) {
  const auto self = shared_from_this();
  const auto outcome = session_.post(body, binary, now());
  after_input();
  return outcome;
}

bool EngineConnection::probe(const std::shared_ptr<WebSocket>& websocket) {
  const auto self = shared_from_this();
  const bool wanted = session_.probe_begin(now());
  if (wanted) probe_ = websocket;
  after_input();
  return wanted;
}

WebSocketEvents EngineConnection::websocket_events(const std::shared_ptr<WebSocket>& websocket) {
  const WebSocket* which = websocket.get();
  WebSocketEvents events;
  events.on_message = [self = shared_from_this(), which](std::string_view message, bool binary) {
    self->on_websocket_message(which, message, binary);
  };
  events.on_drained = [self = shared_from_this(), which] {
    if (self->websocket_.get() == which) self->drained();
  };
  events.on_too_large = [self = shared_from_this(), which] {
    if (self->websocket_.get() == which && self->open() && self->listener_) self->listener_->on_too_large();
  };
  events.on_close = [self = shared_from_this(), which](bool) { self->on_websocket_closed(which); };
  return events;
}

void EngineConnection::on_websocket_message(const WebSocket* from, std::string_view message, bool binary) {
  const auto self = shared_from_this();
  if (websocket_.get() == from) {
    session_.websocket_message(message, binary, now());
  } else if (probe_.get() == from) {
    session_.probe_message(message, binary, now());
  }
  after_input();
}

void EngineConnection::on_websocket_closed(const WebSocket* which) {
  const auto self = shared_from_this();
  if (websocket_.get() == which) {
    websocket_.reset();
    session_.websocket_closed();
  } else if (probe_.get() == which) {
    probe_.reset();
    session_.probe_closed();
  }
  after_input();
}

void EngineConnection::tick(sio::Moment moment) {
  session_.tick(moment);
  if (listener_ && !session_.ended()) listener_->tick(moment);
  after_input();
}

void EngineConnection::after_input() {
  if (session_.ended()) {
    loop_->remove(sid());
  } else {
    reschedule();
  }
}

void EngineConnection::drained() {
  const auto held = std::exchange(held_, {});
  for (const auto& [key, frames] : held) send(frames);
}

// --- What the state machine asks for
// ------------------------------------------------------------------------------------------------

void EngineConnection::answer_poll(sio::PollBody body) {
  const auto answer = std::exchange(poll_, nullptr);
  if (!answer) return;
  answer->body = std::move(body);
  if (answer->resume) boost::asio::post(executor(), std::exchange(answer->resume, nullptr));
  if (!held_.empty()) drained();
}

void EngineConnection::send(const sio::EngineFrame& frame) {
  if (websocket_) websocket_->send(websocket_message(frame));
}

void EngineConnection::close_websocket() {
  if (const auto websocket = std::exchange(websocket_, nullptr)) websocket->close();
}

void EngineConnection::send_probe(const sio::EngineFrame& frame) {
  if (probe_) probe_->send(websocket_message(frame));
}

void EngineConnection::close_probe() {
  if (const auto probe = std::exchange(probe_, nullptr)) probe->close();
}

void EngineConnection::adopt_probe() {
  websocket_ = std::exchange(probe_, nullptr);
  counters_->count_session(EngineTransport::polling, false);
  counters_->count_session(EngineTransport::websocket, true);
}

void EngineConnection::on_message(std::string_view data, bool binary) {
  if (listener_) listener_->on_message(data, binary);
}

void EngineConnection::on_close(std::string_view reason) {
  held_.clear();
  if (listener_) listener_->on_close(reason);
}

}  // namespace taskgate::net
