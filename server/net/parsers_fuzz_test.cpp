#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/fuzz_loop.h"
#include "net/request_parser.h"
#include "net/websocket_frames.h"

namespace taskgate::net {
namespace {

const std::filesystem::path corpus = TASKGATE_FUZZ_CORPUS;

// The same bytes in pieces as a network may bring them.
std::vector<std::string> cut(const std::string& input, Mutator& random) {
  std::vector<std::string> pieces;
  const auto longest = 1 + random.below(random.below(2) == 0 ? 3 : 200);
  for (std::size_t at = 0; at < input.size();) {
    const auto size = 1 + random.below(longest);
    pieces.push_back(input.substr(at, size));
    at += size;
  }
  return pieces;
}

// --- WebSocket ---

constexpr std::size_t message_bytes_max = 1'000;

std::string describe(const WebSocketEvent& event) {
  if (const auto* message = std::get_if<WebSocketReceivedMessage>(&event)) {
    EXPECT_LE(message->payload.size(), message_bytes_max);
    Utf8Validator utf8;
    EXPECT_TRUE(message->binary || (utf8.feed(message->payload) && utf8.complete()));
    return (message->binary ? "binary " : "text ") + std::string(message->payload);
  }
  if (const auto* ping = std::get_if<WebSocketReceivedPing>(&event)) return "ping " + std::string(ping->payload);
  if (std::holds_alternative<WebSocketReceivedPong>(event)) return "pong";
  if (const auto* close = std::get_if<WebSocketReceivedClose>(&event)) {
    EXPECT_TRUE(close->code == close_code::none || is_valid_close_code(close->code));
    return fmt::format("close {} {}", close->code, close->reason);
  }
  if (const auto* fault = std::get_if<WebSocketFault>(&event)) return fmt::format("fault {}", fault->code);
  return {};
}

std::vector<std::string> frames_of(const std::vector<std::string>& pieces) {
  WebSocketDecoder decoder(message_bytes_max);
  std::vector<std::string> told;
  std::string buffered;
  for (const std::string& piece : pieces) {
    buffered += piece;
    for (bool more = true; more && !buffered.empty();) {
      std::size_t consumed = 0;
      const WebSocketEvent event = decoder.next(std::span(buffered.data(), buffered.size()), consumed);
      EXPECT_LE(consumed, buffered.size());
      const bool needs_more = std::holds_alternative<WebSocketNeedsMore>(event);
      if (!needs_more) told.push_back(describe(event));
      if (std::holds_alternative<WebSocketFault>(event) || std::holds_alternative<WebSocketReceivedClose>(event))
        return told;
      more = !needs_more || consumed > 0;
      buffered.erase(0, consumed);
    }
    EXPECT_LE(buffered.size(), 14U + 125U) << "kept though it could be taken";
  }
  return told;
}

TEST(Fuzz, WebSocketFrames) {
  const std::vector<std::string> words{
      "\x81\x80", "\x01\x80", std::string("\x00\x80", 2), "\x80\x80", "\x88\x82",    "\x89\x80", "\x8A\x80",
      "\x82\xFE", "\xFF",     std::string("\0\0\0\0", 4), "\x03\xE8", "\xE2\x82\xAC"};
  fuzz(corpus / "websocket", words, 30'000,
       [](const std::string& input, Mutator& random) { EXPECT_EQ(frames_of(cut(input, random)), frames_of({input})); });
}

// --- HTTP ---

void expect_sound(const Request& request) {
  EXPECT_FALSE(request.method.empty());
  EXPECT_FALSE(request.headers.has("Content-Length") && request.headers.has("Transfer-Encoding"));
  for (const auto& [name, value] : request.headers.all()) {
    EXPECT_EQ(name.find_first_of(std::string_view("\r\n\0 :", 5)), std::string::npos) << name;
    EXPECT_EQ(value.find_first_of(std::string_view("\r\n\0", 3)), std::string::npos) << value;
  }
  EXPECT_EQ(request.path.find_first_of(std::string_view("\r\n\0", 3)), std::string::npos);
  const auto length = request.headers.get("Content-Length");
  if (!length.empty()) {
    EXPECT_EQ(std::to_string(request.body.size()),
              std::string(length.substr(std::min(length.find_first_not_of('0'), length.size() - 1))));
  }
}

std::vector<std::string> requests_of(const std::vector<std::string>& pieces) {
  RequestParser parser(2'000);
  std::vector<std::string> told;
  std::string buffered;
  for (const std::string& piece : pieces) {
    buffered += piece;
    for (bool more = true; more;) {
      std::size_t consumed = 0;
      const auto step = parser.step(buffered, consumed);
      EXPECT_LE(consumed, buffered.size());
      buffered.erase(0, consumed);
      switch (step) {
        case RequestParser::Step::need_more:
          more = false;
          break;
        case RequestParser::Step::header:
          parser.limit_body(200);
          break;
        case RequestParser::Step::complete: {
          const Request& request = parser.request();
          expect_sound(request);
          std::string told_of = fmt::format("{} {} {}", request.method, request.target, parser.keep_alive());
          for (const auto& [name, value] : request.headers.all()) told_of += fmt::format("\n{}: {}", name, value);
          told.push_back(told_of + "\n\n" + request.body);
          parser.reset();
          more = !buffered.empty();
          break;
        }
        case RequestParser::Step::fault:
          EXPECT_GE(parser.fault().status, 400);
          return told;
      }
    }
  }
  return told;
}

// Which requests are taken and where each ends must not depend on how the bytes arrive. (When something is refused may:
// a few bytes are waited for.)
TEST(Fuzz, HttpRequests) {
  const std::vector<std::string> words{"\r\n",
                                       "\r",
                                       "\n",
                                       "\r\n\r\n",
                                       ": ",
                                       " ",
                                       "\t",
                                       "0\r\n\r\n",
                                       "5\r\nhello\r\n",
                                       "Content-Length: 5\r\n",
                                       "Transfer-Encoding: chunked\r\n",
                                       "chunked",
                                       "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
                                       "HTTP/1.0",
                                       "%00",
                                       "%zz",
                                       "Connection: close\r\n",
                                       "Expect: 100-continue\r\n",
                                       "ffffffffffffffff",
                                       std::string(1, '\0')};
  fuzz(corpus / "http", words, 30'000, [](const std::string& input, Mutator& random) {
    EXPECT_EQ(requests_of(cut(input, random)), requests_of({input}));
  });
}

}  // namespace
}  // namespace taskgate::net
