#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/connection_place.h"
#include "net/loop.h"
#include "net/read_buffer.h"
#include "net/server_context.h"
#include "net/websocket.h"
#include "net/websocket_frames.h"

namespace taskgate::net {

// The socket of one WebSocket: decodes what comes in, queues what goes out. Messages sent during one turn of the loop
// leave in one gathered write; large payloads are never copied, so a broadcast costs each receiver a reference and its
// share of the write.
class WebSocketConnection final : public WebSocket,
                                  public LoopMember,
                                  public std::enable_shared_from_this<WebSocketConnection> {
 public:
  using Accept = std::function<WebSocketEvents(std::shared_ptr<WebSocket>)>;

  WebSocketConnection(boost::asio::ip::tcp::socket socket, Loop& loop, ServerContext& server, ConnectionPlace place,
                      std::size_t message_bytes_max);

  // Sends the handshake's answer and begins, with the bytes that came after the request. On the loop.
  void start(std::string answer, std::string_view received, const Accept& accept);

  [[nodiscard]] boost::asio::any_io_executor executor() const override { return loop_.executor(); }
  void send(WebSocketMessage message) override;
  [[nodiscard]] std::size_t queued_bytes() const override { return queued_bytes_; }
  void close(std::uint16_t code, std::string_view reason) override;
  void abort() override;

  void on_tick(Moment now) override;
  void on_turn_end() override { flush(); }
  void drain() override { close(close_code::going_away, {}); }

 private:
  enum class State {
    open,
    closing,    // our close frame is queued or sent; the peer's is awaited
    finishing,  // both close frames were exchanged: flush, then end
    failing,    // the peer broke the protocol: flush our close frame, then read away until it leaves
    ended,
  };
  // A frame, or the part of it that is not sent yet.
  struct Piece {
    std::shared_ptr<const std::string> payload;
    WebSocketFrameHeader header;
    bool pong = false;
    [[nodiscard]] std::size_t size() const { return header.size + (payload ? payload->size() : 0); }
  };

  void enqueue(WebSocketOpcode opcode, std::shared_ptr<const std::string> payload);
  void receive();
  void on_received(boost::system::error_code ec, std::size_t size);
  void decode();
  void handle(const WebSocketReceivedMessage& message);
  void handle(const WebSocketReceivedPing& ping);
  void handle(const WebSocketReceivedClose& close);
  void handle(const WebSocketFault& fault);
  void handle(const WebSocketReceivedPong&) {}
  void handle(const WebSocketNeedsMore&) {}
  void flush();
  std::size_t gather(std::array<boost::asio::const_buffer, 64>& buffers);
  void drop_sent(std::size_t size);
  void on_flushed();
  void end();

  std::optional<boost::asio::ip::tcp::socket> socket_;  // until the end
  Loop& loop_;
  ServerContext& server_;
  std::optional<ConnectionPlace> place_;
  WebSocketEvents events_;
  WebSocketDecoder decoder_;
  ReadBuffer input_;
  State state_ = State::open;
  std::vector<Piece> queue_;
  std::size_t first_ = 0;         // of the queue, not sent yet
  std::size_t first_sent_ = 0;    // bytes of it that are
  std::size_t queued_bytes_ = 0;  // see queued_bytes()
  std::size_t pongs_queued_ = 0;
  bool flush_due_ = false;
  bool waiting_writable_ = false;
  bool shut_down_ = false;
  bool clean_ = false;
  Moment deadline_ = never;
};

}  // namespace taskgate::net
