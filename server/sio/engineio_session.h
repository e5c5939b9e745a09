#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

#include "sio/engineio_packet.h"

namespace taskgate::sio {

using Moment = std::chrono::steady_clock::time_point;

struct EngineSessionOptions {
  std::chrono::milliseconds ping_interval{25'000};
  std::chrono::milliseconds ping_timeout{20'000};
  std::chrono::milliseconds upgrade_timeout{10'000};
  std::chrono::milliseconds close_timeout{30'000};
  std::size_t max_payload = 1'000'000;
  bool offer_websocket = true;  // in the open packet of a polling session
  // 3: clients of before 2020. They send the pings, and their payloads are written differently; see
  // engineio_payload3.h.
  int revision = 4;
  bool base64 = false;  // revision 3: the client takes binary messages as base64 only
};

// The body of an answer to a poll.
struct PollBody {
  std::string bytes;
  bool compress = false;  // may be sent compressed
  bool binary = false;    // revision 3: application/octet-stream
};

// What a session asks of whoever holds its connections, and tells whoever uses it. Called from within the session's
// methods; it may call back into the session, but must not destroy it.
class EngineSessionPort {
 public:
  virtual ~EngineSessionPort() = default;
  virtual void answer_poll(PollBody body) = 0;            // ends the pending poll
  virtual void send(const EngineFrame& frame) = 0;        // over the session's WebSocket
  virtual void close_websocket() = 0;                     // once what was sent is out
  virtual void send_probe(const EngineFrame& frame) = 0;  // over the WebSocket that is being tried
  virtual void close_probe() = 0;                         // gives it up
  virtual void adopt_probe() = 0;                         // from now on it is the session's
  virtual void on_message(std::string_view data, bool binary) = 0;
  virtual void on_close(std::string_view reason) = 0;  // exactly once; no message follows
};

// One Engine.IO session as a state machine without I/O and without timers: what happens on the connections is told by
// the methods, time is an argument, and what follows goes to the port. Whoever drives it calls `tick` no later than
// `next_deadline()`.
//
// Any sign of life from the client counts against the ping timeout, not only pongs.
class EngineSession {
 public:
  enum class Transport : std::uint8_t { polling, websocket };
  enum class PollOutcome : std::uint8_t {
    pending,   // answered by the port, now or later
    gone,      // the session has ended
    mismatch,  // the session does not poll (any more)
    overlap,   // there was a poll already: that ends the session
  };
  enum class PostOutcome : std::uint8_t { ok, gone, mismatch, malformed };

  EngineSession(std::string sid, Transport transport, EngineSessionOptions options, EngineSessionPort& port,
                Moment now);

  // Sends the open packet: over the WebSocket, or with the poll that follows.
  void start();

  [[nodiscard]] PollOutcome poll(Moment now);
  // The client went away while its poll was pending: that ends the session.
  void poll_aborted();
  // `binary`: the body came as application/octet-stream, which only revision 3 knows.
  [[nodiscard]] PostOutcome post(std::string_view body, bool binary, Moment now);
  void websocket_message(std::string_view message, bool binary, Moment now);
  void websocket_closed();

  // A WebSocket came for this session. False when it does not want one: close it.
  [[nodiscard]] bool probe_begin(Moment now);
  void probe_message(std::string_view message, bool binary, Moment now);
  void probe_closed();

  // Sends a message frame, now or with the next poll. Ignored once closed.
  void send(const EngineFrame& frame);
  // The graceful end: what was sent still arrives, then the client is told. `on_close` is called at once.
  void close(std::string_view reason, Moment now);
  // The end without waiting: a client that has no poll pending learns it by its next request.
  void abandon(std::string_view reason);

  void tick(Moment now);
  [[nodiscard]] Moment next_deadline() const;

  [[nodiscard]] const std::string& sid() const { return sid_; }
  [[nodiscard]] Transport transport() const { return transport_; }
  [[nodiscard]] bool open() const { return state_ == State::open; }
  [[nodiscard]] bool ended() const { return state_ == State::closed; }  // nothing more will happen: forget it
  [[nodiscard]] bool poll_pending() const { return poll_pending_; }
  [[nodiscard]] std::size_t queued_bytes() const { return queued_bytes_; }
  [[nodiscard]] std::size_t queued_frames() const { return queue_.size(); }

 private:
  // closing: closed for its user, but the client, which has no poll pending, must still be told.
  enum class State : std::uint8_t { open, closing, closed };

  [[nodiscard]] bool is_revision_3() const { return options_.revision == 3; }
  [[nodiscard]] Moment patience_from(Moment now) const;
  [[nodiscard]] bool decode(std::string_view body, bool binary, Moment now);
  [[nodiscard]] PollBody take_queue();
  void send_queue();
  void enqueue(const EngineFrame& frame);
  void answer_poll(const EngineFrame& frame);
  void flush_to_poll();
  void handle(const EnginePacket& packet, Moment now);
  void client_closed(Moment now);
  void finish_upgrade();
  void give_up_upgrade();
  void sign_of_life(Moment now);
  void heartbeat(Moment now);
  void end(std::string_view reason, EnginePacketType last_word);

  std::string sid_;
  EngineSessionOptions options_;
  EngineSessionPort& port_;
  Transport transport_;
  State state_ = State::open;
  bool poll_pending_ = false;
  bool upgrading_ = false;
  bool probed_ = false;       // the probe was answered: pending polls are ended so that the client can move
  bool client_left_ = false;  // while closing: it was the client that closed
  bool ping_outstanding_ = false;
  Moment heartbeat_at_;  // the next ping, or while one is outstanding, the end of patience
  Moment held_until_{};  // revision 3 over a WebSocket: nothing is sent before; max() otherwise
  Moment upgrade_until_{};
  Moment noop_at_{};
  Moment close_until_{};
  std::deque<EngineFrame> queue_;  // while polling
  std::size_t queued_bytes_ = 0;
};

}  // namespace taskgate::sio
