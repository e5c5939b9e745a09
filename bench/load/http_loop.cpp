#include "load/http_loop.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <optional>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace taskgate::bench {
namespace {

[[noreturn]] void fail(const char* what) { throw std::system_error(errno, std::generic_category(), what); }

struct Answer {
  int status = 0;
  std::size_t head = 0;
  std::size_t body = 0;
};

// The first answer in `text`, once it is whole.
std::optional<Answer> whole_answer(std::string_view text) {
  constexpr std::string_view status_place = "HTTP/1.1 ";
  constexpr std::string_view length_name = "\r\ncontent-length:";
  const auto end = text.find("\r\n\r\n");
  if (end == std::string_view::npos) return std::nullopt;
  Answer answer;
  answer.head = end + 4;
  const auto* status = text.data() + status_place.size();
  std::from_chars(status, status + 3, answer.status);
  for (std::size_t at = 0; at + length_name.size() < end; at = text.find("\r\n", at + 2)) {
    if (strncasecmp(text.data() + at, length_name.data(), length_name.size()) != 0) continue;
    at += length_name.size();
    while (text[at] == ' ') ++at;
    std::from_chars(text.data() + at, text.data() + end, answer.body);
    break;
  }
  if (text.size() < answer.head + answer.body) return std::nullopt;
  return answer;
}

int connected_socket(std::uint16_t port) {
  const int made = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (made < 0) fail("socket");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(made, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) fail("connect");
  const int on = 1;
  ::setsockopt(made, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  return made;
}

}  // namespace

HttpLoop::HttpLoop(std::uint16_t port, std::size_t connections, Receiver receive)
    : connections_(connections), receive_(std::move(receive)), epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
  if (epoll_ < 0) fail("epoll_create1");
  for (std::size_t at = 0; at < connections; ++at) {
    connections_[at].socket = connected_socket(port);
    watch(at, false, EPOLL_CTL_ADD);
  }
}

HttpLoop::~HttpLoop() {
  for (const auto& each : connections_) {
    if (each.socket >= 0) ::close(each.socket);
  }
  if (epoll_ >= 0) ::close(epoll_);
}

void HttpLoop::watch(std::size_t connection, bool writing, int operation) {
  epoll_event event{};
  event.events = writing ? EPOLLIN | EPOLLOUT : EPOLLIN;
  event.data.u64 = connection;
  if (::epoll_ctl(epoll_, operation, connections_[connection].socket, &event) != 0) fail("epoll_ctl");
}

void HttpLoop::send(std::size_t connection, std::string_view request) {
  Connection& with = connections_[connection];
  with.busy = true;
  with.sent_at = Clock::now();
  const auto sent = ::send(with.socket, request.data(), request.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent < 0 && errno != EAGAIN) fail("send");
  const auto taken = static_cast<std::size_t>(std::max<ssize_t>(sent, 0));
  if (taken == request.size()) return;
  with.out.assign(request.substr(taken));
  watch(connection, true, EPOLL_CTL_MOD);
}

void HttpLoop::flush(std::size_t connection) {
  Connection& with = connections_[connection];
  const auto sent = ::send(with.socket, with.out.data(), with.out.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent < 0 && errno != EAGAIN) fail("send");
  with.out.erase(0, static_cast<std::size_t>(std::max<ssize_t>(sent, 0)));
  if (with.out.empty()) watch(connection, false, EPOLL_CTL_MOD);
}

void HttpLoop::receive(std::size_t connection) {
  static thread_local std::array<char, 256 * 1024> buffer;
  Connection& with = connections_[connection];
  const auto got = ::recv(with.socket, buffer.data(), buffer.size(), MSG_DONTWAIT);
  if (got < 0 && errno == EAGAIN) return;
  if (got < 0) fail("recv");
  if (got == 0) throw std::runtime_error("the server closed a connection");
  const std::string_view piece(buffer.data(), static_cast<std::size_t>(got));
  // Most answers come in one piece and are read where they lie.
  const bool in_pieces = !with.in.empty();
  if (in_pieces) with.in.append(piece);
  std::string_view text = in_pieces ? std::string_view(with.in) : piece;
  const auto answer = whole_answer(text);
  if (!answer) {
    if (!in_pieces) with.in.assign(piece);
    return;
  }
  std::string kept;
  if (in_pieces) {
    kept.swap(with.in);
    text = kept;
  }
  with.busy = false;
  receive_(connection, answer->status, text.substr(answer->head, answer->body));
}

void HttpLoop::run(Clock::time_point until) {
  std::array<epoll_event, 256> events{};
  stopped_ = false;
  while (!stopped_) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now());
    if (left.count() <= 0) return;
    const int ready =
        ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), static_cast<int>(left.count()));
    if (ready < 0 && errno != EINTR) fail("epoll_wait");
    for (int at = 0; at < ready && !stopped_; ++at) {
      const auto& event = events[static_cast<std::size_t>(at)];
      if ((event.events & EPOLLOUT) != 0) flush(event.data.u64);
      if ((event.events & ~static_cast<std::uint32_t>(EPOLLOUT)) != 0) receive(event.data.u64);
    }
  }
}

std::string http_request(std::string_view method, std::string_view target, std::string_view authorization,
                         std::string_view body) {
  std::string request = fmt::format("{} {} HTTP/1.1\r\nHost: 127.0.0.1\r\n", method, target);
  if (!authorization.empty()) request += fmt::format("Authorization: Bearer {}\r\n", authorization);
  if (!body.empty()) request += fmt::format("Content-Type: application/json\r\nContent-Length: {}\r\n", body.size());
  request += "\r\n";
  request += body;
  return request;
}

}  // namespace taskgate::bench
