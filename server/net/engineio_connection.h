#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/engineio_loop.h"
#include "net/engineio_options.h"
#include "net/websocket.h"
#include "sio/engineio_session.h"

namespace taskgate::net {

// Counted by all loops, read by anybody.
struct EngineCounters {
  explicit EngineCounters(Metrics* metrics);

  void count_session(EngineTransport transport, bool up);
  void count_refused_handshake();
  void count_full_queue();

  std::atomic<std::uint64_t> polling{0};
  std::atomic<std::uint64_t> websocket{0};
  std::atomic<std::uint64_t> dropped_volatile{0};
  std::atomic<std::uint64_t> closed_full_queue{0};
  std::atomic<std::uint64_t> refused_origin{0};
  std::atomic<std::uint64_t> refused_handshakes{0};  // a full or stopping server, or too many at a time

 private:
  struct Measures {
    prometheus::Gauge& polling;
    prometheus::Gauge& websocket;
    prometheus::Counter& refused_handshakes;
    prometheus::Counter& closed_full_queue;
  };
  std::optional<Measures> measures_;
};

// Whoever uses a session: an echo, or Socket.IO. Called on the session's loop.
class EngineListener {
 public:
  virtual ~EngineListener() = default;
  virtual void on_open() {}  // once, first
  virtual void on_message(std::string_view data, bool binary) = 0;
  virtual void on_too_large() {}  // a message beyond the limit: something may be sent before the connection is closed
  virtual void on_close(std::string_view reason) = 0;  // once, last
  virtual void tick(sio::Moment) {}
  [[nodiscard]] virtual sio::Moment next_deadline() const { return sio::Moment::max(); }
};

// The answer that a poll is waiting for. Belongs to the session's loop.
struct PollAnswer {
  std::optional<sio::PollBody> body;
  std::function<void()> resume;
};

// One session with its connections: drives the state machine, carries out what it asks for. Lives on one loop, whose
// thread alone may call it.
class EngineConnection final : public std::enable_shared_from_this<EngineConnection>, private sio::EngineSessionPort {
 public:
  EngineConnection(std::shared_ptr<EngineLoop> loop, std::shared_ptr<EngineCounters> counters,
                   const EngineOptions& options, EngineTransport transport,
                   std::shared_ptr<const EngineHandshake> handshake);
  ~EngineConnection() override;
  EngineConnection(const EngineConnection&) = delete;
  EngineConnection& operator=(const EngineConnection&) = delete;

  // --- For the user of the session ---
  [[nodiscard]] const std::string& sid() const {
    return session_.sid();
  }  // a secret of the client: never log or show it
  [[nodiscard]] const std::shared_ptr<const EngineHandshake>& handshake() const { return handshake_; }
  [[nodiscard]] const boost::asio::any_io_executor& executor() const { return loop_->executor(); }
  [[nodiscard]] std::size_t loop_index() const { return loop_->index(); }
  [[nodiscard]] EngineTransport transport() const;
  [[nodiscard]] bool open() const { return session_.open(); }
  [[nodiscard]] bool writable() const;             // could be sent this moment: nothing is waiting
  [[nodiscard]] std::size_t queued_bytes() const;  // waiting to be sent
  void send(const std::vector<sio::EngineFrame>& frames);
  // Drops the frames unless the connection is writable.
  void send_volatile(const std::vector<sio::EngineFrame>& frames);
  // Above the soft limit, keeps only the latest frames of each key until the queue has drained.
  void send_coalesced(std::string_view key, const std::vector<sio::EngineFrame>& frames);
  // What was sent before still arrives.
  void close(std::string_view reason);
  // Looks at the listener's next_deadline() again.
  void reschedule();

  // --- For the server ---
  void start(std::shared_ptr<EngineListener> listener, std::shared_ptr<WebSocket> websocket);
  [[nodiscard]] sio::EngineSession::PollOutcome poll(const std::shared_ptr<PollAnswer>& answer);
  void abort_poll(const std::shared_ptr<PollAnswer>& answer);
  [[nodiscard]] sio::EngineSession::PostOutcome post(std::string_view body, bool binary);
  // Offers a WebSocket to move to. False when it is not wanted.
  [[nodiscard]] bool probe(const std::shared_ptr<WebSocket>& websocket);
  [[nodiscard]] WebSocketEvents websocket_events(const std::shared_ptr<WebSocket>& websocket);
  void abandon(std::string_view reason);
  void tick(sio::Moment now);

  sio::Moment scheduled_for = sio::Moment::max();  // the loop's note

 private:
  void answer_poll(sio::PollBody body) override;
  void send(const sio::EngineFrame& frame) override;
  void close_websocket() override;
  void send_probe(const sio::EngineFrame& frame) override;
  void close_probe() override;
  void adopt_probe() override;
  void on_message(std::string_view data, bool binary) override;
  void on_close(std::string_view reason) override;

  void on_websocket_message(const WebSocket* from, std::string_view message, bool binary);
  void on_websocket_closed(const WebSocket* which);
  void drained();
  void after_input();
  bool overflows();

  std::shared_ptr<EngineLoop> loop_;
  std::shared_ptr<EngineCounters> counters_;
  std::shared_ptr<const EngineHandshake> handshake_;
  std::size_t soft_bytes_;
  std::size_t hard_bytes_;
  sio::EngineSession session_;
  std::shared_ptr<EngineListener> listener_;
  std::shared_ptr<WebSocket> websocket_;
  std::shared_ptr<WebSocket> probe_;
  std::shared_ptr<PollAnswer> poll_;
  std::map<std::string, std::vector<sio::EngineFrame>, std::less<>> held_;  // coalesced, waiting for the queue to drain
  bool overflowed_ = false;
  bool counted_ = false;
};

}  // namespace taskgate::net
