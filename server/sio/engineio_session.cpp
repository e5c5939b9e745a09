#include "sio/engineio_session.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/json.h"
#include "sio/engineio_payload3.h"

namespace taskgate::sio {
namespace {

// How often a client in the middle of an upgrade gets its pending poll ended.
constexpr std::chrono::milliseconds noop_interval{100};

// A client that closes may have a poll on its way over another connection, which the close has overtaken: it is owed
// the same answer as if it had come first.
constexpr std::chrono::milliseconds overtaken_poll_time{500};

// Clients of revision 3, its official test suite among them, listen only once they know that their WebSocket is open:
// what comes together with the 101 is lost on them.
constexpr std::chrono::milliseconds settling_time{10};

}  // namespace

EngineSession::EngineSession(std::string sid, Transport transport, EngineSessionOptions options,
                             EngineSessionPort& port, Moment now)
    : sid_(std::move(sid)),
      options_(options),
      port_(port),
      transport_(transport),
      heartbeat_at_(options.revision == 3 ? patience_from(now) : now + options.ping_interval),
      held_until_(options.revision == 3 && transport == Transport::websocket ? now + settling_time : Moment::max()) {}

// Revision 3: until when the client must have given a sign of life.
Moment EngineSession::patience_from(Moment now) const { return now + options_.ping_interval + options_.ping_timeout; }

void EngineSession::start() {
  JsonWriter json;
  json.begin_object().member("sid", sid_).key("upgrades").begin_array();
  if (transport_ == Transport::polling && options_.offer_websocket) json.string("websocket");
  json.end_array()
      .member("pingInterval", static_cast<std::int64_t>(options_.ping_interval.count()))
      .member("pingTimeout", static_cast<std::int64_t>(options_.ping_timeout.count()))
      .member("maxPayload", static_cast<std::int64_t>(options_.max_payload))
      .end_object();
  enqueue(packet_frame(EnginePacketType::open, json.text()));
}

// --- What the client does
// -----------------------------------------------------------------------------------------------------------

EngineSession::PollOutcome EngineSession::poll(Moment now) {
  tick(now);  // a deadline that has passed counts, even if no timer has noticed yet
  if (ended()) return PollOutcome::gone;
  if (transport_ != Transport::polling) return PollOutcome::mismatch;
  if (poll_pending_) {
    end("transport error", EnginePacketType::close);
    return PollOutcome::overlap;
  }
  sign_of_life(now);
  poll_pending_ = true;
  if (state_ == State::closing && queue_.empty()) enqueue(packet_frame(EnginePacketType::noop));
  if (!queue_.empty()) flush_to_poll();
  return PollOutcome::pending;
}

void EngineSession::poll_aborted() {
  if (!poll_pending_) return;
  poll_pending_ = false;
  end("transport error", EnginePacketType::close);
}

EngineSession::PostOutcome EngineSession::post(std::string_view body, bool binary, Moment now) {
  tick(now);
  if (ended()) return PostOutcome::gone;
  if (transport_ != Transport::polling) return PostOutcome::mismatch;
  sign_of_life(now);
  if (binary && !is_revision_3()) {
    end("transport error", EnginePacketType::close);
    return PostOutcome::malformed;
  }
  if (decode(body, binary, now)) return PostOutcome::ok;
  if (state_ == State::open) end("parse error", EnginePacketType::close);
  return PostOutcome::malformed;
}

bool EngineSession::decode(std::string_view body, bool binary, Moment now) {
  const auto each = [this, now](const EnginePacket& packet) {
    handle(packet, now);
    return state_ == State::open;
  };
  return is_revision_3() ? decode_payload3(body, binary, each) : decode_payload(body, each);
}

void EngineSession::websocket_message(std::string_view message, bool binary, Moment now) {
  if (!open() || transport_ != Transport::websocket) return;
  sign_of_life(now);
  if (binary && !is_revision_3()) {
    port_.on_message(message, true);
    return;
  }
  std::string bytes;
  if (const auto packet = is_revision_3() ? decode_message3(message, binary, bytes) : decode_packet(message)) {
    handle(*packet, now);
  } else {
    end("parse error", EnginePacketType::close);
  }
}

void EngineSession::websocket_closed() {
  if (ended() || transport_ != Transport::websocket) return;
  state_ = State::closed;
  port_.on_close("transport close");
}

void EngineSession::handle(const EnginePacket& packet, Moment now) {
  if (!open()) return;
  switch (packet.type) {
    case EnginePacketType::message:
      port_.on_message(packet.data, packet.binary);
      break;
    case EnginePacketType::pong:
      if (is_revision_3()) return end("transport error", EnginePacketType::close);
      ping_outstanding_ = false;
      heartbeat_at_ = now + options_.ping_interval;
      break;
    case EnginePacketType::ping:  // from revision 4 on the server pings
      if (!is_revision_3()) return end("transport error", EnginePacketType::close);
      enqueue(packet_frame(EnginePacketType::pong));
      break;
    case EnginePacketType::close:
      client_closed(now);
      break;
    case EnginePacketType::open:
    case EnginePacketType::upgrade:
    case EnginePacketType::noop:
      break;  // mean nothing here; the official server ignores them too
  }
}

void EngineSession::client_closed(Moment now) {
  if (transport_ != Transport::polling || poll_pending_) return end("transport close", EnginePacketType::noop);
  if (upgrading_) give_up_upgrade();
  state_ = State::closing;
  client_left_ = true;
  close_until_ = now + overtaken_poll_time;
  queue_.clear();
  queued_bytes_ = 0;
  port_.on_close("transport close");
}

// --- The upgrade
// --------------------------------------------------------------------------------------------------------------------

bool EngineSession::probe_begin(Moment now) {
  tick(now);
  if (!open() || transport_ != Transport::polling || upgrading_) return false;
  sign_of_life(now);
  upgrading_ = true;
  probed_ = false;
  upgrade_until_ = now + options_.upgrade_timeout;
  return true;
}

void EngineSession::probe_message(std::string_view message, bool binary, Moment now) {
  if (!upgrading_ || ended()) return;
  const std::optional<EnginePacket> packet = binary ? std::nullopt : decode_packet(message);
  if (packet && packet->type == EnginePacketType::ping && packet->data == "probe") {
    sign_of_life(now);
    probed_ = true;
    noop_at_ = now + noop_interval;
    port_.send_probe(packet_frame(EnginePacketType::pong, "probe"));
    if (poll_pending_) answer_poll(packet_frame(EnginePacketType::noop));
  } else if (packet && packet->type == EnginePacketType::upgrade) {
    sign_of_life(now);
    finish_upgrade();
  } else {
    give_up_upgrade();
  }
}

void EngineSession::probe_closed() { upgrading_ = false; }

void EngineSession::finish_upgrade() {
  upgrading_ = false;
  if (poll_pending_) answer_poll(packet_frame(EnginePacketType::noop));
  transport_ = Transport::websocket;
  port_.adopt_probe();
  send_queue();
  if (state_ != State::closing) return;
  state_ = State::closed;
  port_.close_websocket();
}

// Over the WebSocket.
void EngineSession::send_queue() {
  held_until_ = Moment::max();
  const auto queue = std::exchange(queue_, {});
  queued_bytes_ = 0;
  for (const EngineFrame& frame : queue) enqueue(frame);
}

void EngineSession::give_up_upgrade() {
  upgrading_ = false;
  port_.close_probe();
}

// --- What the server does
// -----------------------------------------------------------------------------------------------------------

void EngineSession::send(const EngineFrame& frame) {
  if (open()) enqueue(frame);
}

void EngineSession::enqueue(const EngineFrame& frame) {
  if (transport_ == Transport::websocket && held_until_ == Moment::max()) {
    port_.send(is_revision_3() ? websocket_frame3(frame, options_.base64) : frame);
    return;
  }
  queued_bytes_ += payload_size(frame);
  queue_.push_back(frame);
  if (poll_pending_) flush_to_poll();
}

void EngineSession::answer_poll(const EngineFrame& frame) {
  poll_pending_ = false;
  if (is_revision_3()) {
    port_.answer_poll({encode_payload3({&frame, 1}, options_.base64).body});
  } else {
    port_.answer_poll({*frame.payload});
  }
}

// What is queued, as one body.
PollBody EngineSession::take_queue() {
  PollBody body;
  body.compress = std::any_of(queue_.begin(), queue_.end(), [](const EngineFrame& frame) { return frame.compress; });
  if (is_revision_3()) {
    Payload3 payload = encode_payload3(std::vector<EngineFrame>(queue_.begin(), queue_.end()), options_.base64);
    body.bytes = std::move(payload.body);
    body.binary = payload.binary;
  } else {
    body.bytes.reserve(queued_bytes_);
    for (const EngineFrame& frame : queue_) append_to_payload(body.bytes, frame);
  }
  queue_.clear();
  queued_bytes_ = 0;
  return body;
}

void EngineSession::flush_to_poll() {
  if (state_ == State::closing) {
    if (!client_left_) queue_.push_back(packet_frame(EnginePacketType::close));
    state_ = State::closed;
    if (upgrading_) give_up_upgrade();
  }
  poll_pending_ = false;
  port_.answer_poll(take_queue());
}

void EngineSession::close(std::string_view reason, Moment now) {
  if (!open()) return;
  if (transport_ == Transport::polling && !poll_pending_) {
    state_ = State::closing;
    close_until_ = now + options_.close_timeout;
    port_.on_close(reason);
    return;
  }
  end(reason, EnginePacketType::close);
}

void EngineSession::abandon(std::string_view reason) { end(reason, EnginePacketType::close); }

void EngineSession::end(std::string_view reason, EnginePacketType last_word) {
  if (ended()) return;
  const bool was_open = open();
  if (held_until_ != Moment::max()) send_queue();
  state_ = State::closed;
  if (poll_pending_) answer_poll(packet_frame(last_word));
  if (transport_ == Transport::websocket) port_.close_websocket();
  if (upgrading_) give_up_upgrade();
  queue_.clear();
  queued_bytes_ = 0;
  if (was_open) port_.on_close(reason);
}

// --- Time
// ---------------------------------------------------------------------------------------------------------------------------

void EngineSession::sign_of_life(Moment now) {
  if (is_revision_3()) heartbeat_at_ = patience_from(now);
  if (ping_outstanding_) heartbeat_at_ = std::max(heartbeat_at_, now + options_.ping_timeout);
}

void EngineSession::heartbeat(Moment now) {
  if (now < heartbeat_at_) return;
  if (ping_outstanding_ || is_revision_3()) {
    end("ping timeout", EnginePacketType::close);
    return;
  }
  // Patience is counted from when the ping was due, unless this program itself was held up.
  const bool held_up = now - heartbeat_at_ > options_.ping_timeout / 4;
  heartbeat_at_ = (held_up ? now : heartbeat_at_) + options_.ping_timeout;
  ping_outstanding_ = true;
  enqueue(packet_frame(EnginePacketType::ping));
}

void EngineSession::tick(Moment now) {
  if (state_ == State::closing && now >= close_until_) end("forced close", EnginePacketType::close);
  if (open() && now >= held_until_) send_queue();
  if (open()) heartbeat(now);
  if (ended() || !upgrading_) return;
  if (now >= upgrade_until_) {
    give_up_upgrade();
  } else if (probed_ && poll_pending_ && now >= noop_at_) {
    noop_at_ = now + noop_interval;
    answer_poll(packet_frame(EnginePacketType::noop));
  }
}

Moment EngineSession::next_deadline() const {
  if (ended()) return Moment::max();
  Moment next = std::min(held_until_, state_ == State::closing ? close_until_ : heartbeat_at_);
  if (upgrading_) next = std::min(next, upgrade_until_);
  if (upgrading_ && probed_ && poll_pending_) next = std::min(next, noop_at_);
  return next;
}

}  // namespace taskgate::sio
