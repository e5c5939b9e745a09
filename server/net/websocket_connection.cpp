#include "net/websocket_connection.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cstring>

#include "base/log.h"

namespace taskgate::net {

namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr std::size_t idle_read_capacity = 1024;
constexpr std::chrono::seconds close_timeout{5};  // for the peer to answer our close frame
// Payloads up to this size are copied next to their header: cheaper than one more piece of the gathered write.
constexpr std::size_t copied_payload_max = 1024;
// A client that pings without reading the answers gets no more than these.
constexpr std::size_t pongs_queued_max = 64;
constexpr std::size_t kept_queue_capacity = 64;

// What a client does not take waits here, where it is counted and dropped by our rules, and not by the megabyte in the
// kernel.
void bound_kernel_queue(int socket) {
  const int bytes = 128 * 1024;
  (void)::setsockopt(socket, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &bytes, sizeof bytes);
}

}  // namespace

WebSocketConnection::WebSocketConnection(asio::ip::tcp::socket socket, Loop& loop, ServerContext& server,
                                         ConnectionPlace place, std::size_t message_bytes_max)
    : socket_(std::move(socket)),
      loop_(loop),
      server_(server),
      place_(std::move(place)),
      decoder_(message_bytes_max),
      input_(idle_read_capacity) {}

void WebSocketConnection::start(std::string answer, std::string_view received, const Accept& accept) {
  error_code ec;
  socket_->non_blocking(true, ec);
  bound_kernel_queue(socket_->native_handle());
  loop_.join(shared_from_this());
  server_.open_websockets.Increment();
  queue_.push_back({std::make_shared<const std::string>(std::move(answer)), {}, false});
  flush_due_ = true;
  loop_.call_at_turn_end(shared_from_this());
  try {
    events_ = accept(shared_from_this());
  } catch (const std::exception& failure) {
    log::error("a WebSocket could not be set up", {{"error", failure.what()}});
    return abort();
  }
  if (loop_.draining()) close(close_code::going_away, {});
  if (state_ == State::ended) return;
  if (!received.empty()) input_.append(received);
  decode();
  receive();
}

// ---- sending

void WebSocketConnection::send(WebSocketMessage message) {
  if (state_ != State::open) return;
  if (!message.payload) message.payload = std::make_shared<const std::string>();
  queued_bytes_ += message.payload->size() + queued_message_cost;
  enqueue(message.binary ? WebSocketOpcode::binary : WebSocketOpcode::text, std::move(message.payload));
}

void WebSocketConnection::enqueue(WebSocketOpcode opcode, std::shared_ptr<const std::string> payload) {
  const auto header = make_frame_header(opcode, payload->size());
  queue_.push_back({std::move(payload), header, opcode == WebSocketOpcode::pong});
  if (flush_due_ || waiting_writable_) return;
  flush_due_ = true;
  loop_.call_at_turn_end(shared_from_this());
}

void WebSocketConnection::close(std::uint16_t code, std::string_view reason) {
  if (state_ != State::open) return;
  state_ = State::closing;
  deadline_ = std::chrono::steady_clock::now() + close_timeout;
  enqueue(WebSocketOpcode::close, std::make_shared<const std::string>(make_close_payload(code, reason)));
}

void WebSocketConnection::abort() {
  if (state_ == State::ended) return;
  error_code ec;
  socket_->set_option(asio::socket_base::linger(true, 0), ec);  // what is queued in the kernel goes too
  end();
}

// Hands the queue to the kernel, as much as it takes now.
void WebSocketConnection::flush() {
  flush_due_ = false;
  if (state_ == State::ended || waiting_writable_) return;
  while (first_ < queue_.size()) {
    std::array<asio::const_buffer, 64> buffers;
    const auto count = gather(buffers);
    error_code ec;
    const auto sent = socket_->write_some(std::span(buffers.data(), count), ec);
    if (ec == asio::error::would_block || ec == asio::error::try_again) {
      waiting_writable_ = true;
      if (state_ == State::open) deadline_ = std::chrono::steady_clock::now() + server_.options.write_timeout;
      socket_->async_wait(asio::ip::tcp::socket::wait_write, [self = shared_from_this()](error_code wait_error) {
        self->waiting_writable_ = false;
        if (wait_error) return self->end();
        self->flush();
      });
      return;
    }
    if (ec) return end();
    drop_sent(sent);
    if (state_ == State::closing) deadline_ = std::chrono::steady_clock::now() + close_timeout;
  }
  on_flushed();
}

// Describes the front of the queue to one gathered write. Headers and small payloads are put together in the loop's
// scratch memory: the write is done with them when it returns.
std::size_t WebSocketConnection::gather(std::array<asio::const_buffer, 64>& buffers) {
  const auto scratch = loop_.scratch();
  std::size_t used = 0;      // of the scratch memory
  std::size_t run_from = 0;  // where the bytes not yet described begin in it
  std::size_t count = 0;
  const auto describe_run = [&] {
    if (used > run_from) buffers[count++] = asio::buffer(scratch.data() + run_from, used - run_from);
    run_from = used;
  };
  std::size_t skip = first_sent_;
  for (std::size_t i = first_; i < queue_.size(); ++i) {
    const auto& piece = queue_[i];
    const std::string_view payload = *piece.payload;
    if (count + 2 >= buffers.size() || used + piece.header.size + copied_payload_max > scratch.size()) break;
    const auto header = piece.header.view().substr(std::min<std::size_t>(skip, piece.header.size));
    const auto rest = payload.substr(skip > piece.header.size ? skip - piece.header.size : 0);
    skip = 0;
    std::memcpy(scratch.data() + used, header.data(), header.size());
    used += header.size();
    if (rest.size() <= copied_payload_max) {
      std::memcpy(scratch.data() + used, rest.data(), rest.size());
      used += rest.size();
    } else {
      describe_run();
      buffers[count++] = asio::buffer(rest);
    }
  }
  describe_run();
  return count;
}

void WebSocketConnection::drop_sent(std::size_t size) {
  first_sent_ += size;
  while (first_ < queue_.size() && first_sent_ >= queue_[first_].size()) {
    auto& piece = queue_[first_];
    first_sent_ -= piece.size();
    const auto opcode = static_cast<WebSocketOpcode>(piece.header.bytes[0] & 0x0F);
    if (opcode == WebSocketOpcode::text || opcode == WebSocketOpcode::binary) {
      queued_bytes_ -= piece.payload->size() + queued_message_cost;
    }
    if (piece.pong) --pongs_queued_;
    piece.payload.reset();
    ++first_;
  }
}

void WebSocketConnection::on_flushed() {
  const bool had_any = !queue_.empty();
  if (queue_.capacity() > kept_queue_capacity) {
    queue_ = {};
  } else {
    queue_.clear();
  }
  first_ = 0;
  first_sent_ = 0;
  switch (state_) {
    case State::open:
      deadline_ = never;
      if (had_any && events_.on_drained) events_.on_drained();
      return;
    case State::finishing:
      return end();
    case State::failing: {
      if (shut_down_) return;
      shut_down_ = true;
      error_code ec;
      socket_->shutdown(asio::ip::tcp::socket::shutdown_send, ec);
      return;
    }
    default:
      return;
  }
}

// ---- receiving

void WebSocketConnection::receive() {
  if (state_ == State::ended) return;
  const auto room = input_.prepare();
  socket_->async_read_some(
      asio::buffer(room.data(), room.size()),
      [self = shared_from_this()](error_code ec, std::size_t size) { self->on_received(ec, size); });
}

void WebSocketConnection::on_received(error_code ec, std::size_t size) {
  if (state_ == State::ended) return;
  if (ec) return end();
  input_.commit(size);
  try {
    decode();
  } catch (const std::exception& failure) {
    log::error("a WebSocket message failed", {{"error", failure.what()}});
    close(close_code::internal_error, {});
  }
  receive();
}

void WebSocketConnection::decode() {
  while (!input_.empty() && (state_ == State::open || state_ == State::closing)) {
    std::size_t consumed = 0;
    const auto event = decoder_.next(input_.writable_data(), consumed);
    // The bytes may be given up before the event is handled: nothing is received meanwhile, so views stay valid.
    input_.consume(consumed);
    if (consumed == 0 && std::holds_alternative<WebSocketNeedsMore>(event)) return;
    std::visit([this](const auto& what) { handle(what); }, event);
  }
  if (state_ == State::finishing || state_ == State::failing) input_.consume(input_.size());
}

void WebSocketConnection::handle(const WebSocketReceivedMessage& message) {
  if (state_ == State::open && events_.on_message) events_.on_message(message.payload, message.binary);
}

void WebSocketConnection::handle(const WebSocketReceivedPing& ping) {
  if (state_ != State::open || pongs_queued_ >= pongs_queued_max) return;
  ++pongs_queued_;
  enqueue(WebSocketOpcode::pong, std::make_shared<const std::string>(ping.payload));
}

void WebSocketConnection::handle(const WebSocketReceivedClose& received) {
  clean_ = true;
  const bool ours_is_queued = state_ == State::closing;
  state_ = State::finishing;
  deadline_ = std::chrono::steady_clock::now() + close_timeout;
  if (!ours_is_queued) {
    enqueue(WebSocketOpcode::close, std::make_shared<const std::string>(make_close_payload(received.code, {})));
  } else if (first_ == queue_.size()) {
    end();
  }
}

void WebSocketConnection::handle(const WebSocketFault& fault) {
  if (fault.code == close_code::message_too_big && state_ == State::open && events_.on_too_large)
    events_.on_too_large();
  if (state_ == State::ended) return;
  const bool ours_is_queued = state_ == State::closing;
  state_ = State::failing;
  deadline_ = std::chrono::steady_clock::now() + close_timeout;
  if (!ours_is_queued) {
    enqueue(WebSocketOpcode::close, std::make_shared<const std::string>(make_close_payload(fault.code, {})));
  }
}

// ---- the end

void WebSocketConnection::on_tick(Moment now) {
  if (now >= deadline_) abort();
}

void WebSocketConnection::end() {
  if (state_ == State::ended) return;
  state_ = State::ended;
  error_code ec;
  socket_->close(ec);
  queue_ = {};
  first_ = 0;
  queued_bytes_ = 0;
  server_.open_websockets.Decrement();
  place_.reset();
  // Told from a call of its own: the owner may be inside one of ours, or we inside one of its. From then on the object
  // holds nothing of the server, whoever keeps it.
  asio::post(loop_.context(), [self = shared_from_this()] {
    self->socket_.reset();
    const auto events = std::exchange(self->events_, {});
    if (events.on_close) events.on_close(self->clean_);
  });
  loop_.leave(*this);
}

}  // namespace taskgate::net
