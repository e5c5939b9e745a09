#include "net/websocket_frames.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace taskgate::net {
namespace {

// A client's frame: masked, with every part at the caller's will.
std::string client_frame(unsigned first_byte, std::string_view payload, std::string_view mask = "\x11\x22\x33\x44") {
  std::string frame{static_cast<char>(first_byte)};
  if (payload.size() <= 125) {
    frame += static_cast<char>(0x80U | payload.size());
  } else if (payload.size() <= 0xFFFF) {
    frame += static_cast<char>(0xFE);
    frame += static_cast<char>(payload.size() >> 8);
    frame += static_cast<char>(payload.size() & 0xFF);
  } else {
    frame += static_cast<char>(0xFF);
    for (int shift = 56; shift >= 0; shift -= 8) frame += static_cast<char>(payload.size() >> shift & 0xFF);
  }
  frame += mask;
  for (std::size_t i = 0; i < payload.size(); ++i) frame += static_cast<char>(payload[i] ^ mask[i % 4]);
  return frame;
}

constexpr unsigned fin = 0x80;

// What a decoder makes of a stream that arrives in pieces of `step` bytes, one word for each event.
std::vector<std::string> decode(std::string stream, std::size_t step, std::size_t limit = 1000) {
  WebSocketDecoder decoder(limit);
  std::vector<std::string> events;
  std::string buffered;
  for (std::size_t at = 0; at < stream.size(); at += step) {
    buffered += stream.substr(at, step);
    for (;;) {
      std::size_t consumed = 0;
      const auto event = decoder.next(std::span(buffered.data(), buffered.size()), consumed);
      if (const auto* message = std::get_if<WebSocketReceivedMessage>(&event)) {
        events.push_back((message->binary ? "binary:" : "text:") + std::string(message->payload));
      } else if (const auto* ping = std::get_if<WebSocketReceivedPing>(&event)) {
        events.push_back("ping:" + std::string(ping->payload));
      } else if (std::holds_alternative<WebSocketReceivedPong>(event)) {
        events.emplace_back("pong");
      } else if (const auto* close = std::get_if<WebSocketReceivedClose>(&event)) {
        events.push_back("close:" + std::to_string(close->code) + ":" + std::string(close->reason));
      } else if (const auto* fault = std::get_if<WebSocketFault>(&event)) {
        events.push_back("fault:" + std::to_string(fault->code));
        return events;
      } else if (consumed == 0) {
        break;
      }
      buffered.erase(0, consumed);
      if (buffered.empty()) break;
    }
  }
  return events;
}

using ::testing::ElementsAre;

struct Scenario {
  const char* name;
  std::string stream;
  std::vector<std::string> events;
  std::size_t limit = 1000;
};

std::string bytes(std::initializer_list<int> values) {
  std::string out;
  for (const int value : values) out += static_cast<char>(value);
  return out;
}

std::vector<Scenario> scenarios() {
  const std::string medium(300, 'm');
  const std::string large(70'000, 'l');
  const std::string euro = "\xE2\x82\xAC";
  return {
      {"text", client_frame(fin | 1, "hello"), {"text:hello"}},
      {"empty text", client_frame(fin | 1, ""), {"text:"}},
      {"binary may be anything", client_frame(fin | 2, "\xFF\xFE"), {"binary:\xFF\xFE"}},
      {"16-bit length", client_frame(fin | 1, medium), {"text:" + medium}},
      {"64-bit length", client_frame(fin | 2, large), {"binary:" + large}, 100'000},
      {"two frames back to back", client_frame(fin | 1, "a") + client_frame(fin | 1, "b"), {"text:a", "text:b"}},
      {"fragments", client_frame(1, "ab") + client_frame(0, "cd") + client_frame(fin | 0, "ef"), {"text:abcdef"}},
      {"empty fragments", client_frame(1, "") + client_frame(0, "") + client_frame(fin | 0, ""), {"text:"}},
      {"control frames between fragments",
       client_frame(2, "ab") + client_frame(fin | 9, "p") + client_frame(fin | 10, "") + client_frame(fin | 0, "c"),
       {"ping:p", "pong", "binary:abc"}},
      {"a character split over fragments",
       client_frame(1, euro.substr(0, 1)) + client_frame(fin | 0, euro.substr(1)),
       {"text:" + euro}},
      {"ping of 125 bytes", client_frame(fin | 9, std::string(125, 'p')), {"ping:" + std::string(125, 'p')}},
      {"ping of 126 bytes", client_frame(fin | 9, std::string(126, 'p')), {"fault:1002"}},
      {"fragmented ping", client_frame(9, "p"), {"fault:1002"}},
      {"unmasked", bytes({0x81, 1, 'a'}), {"fault:1002"}},
      {"reserved bit 1", client_frame(fin | 0x40 | 1, "a"), {"fault:1002"}},
      {"reserved bit 3", client_frame(fin | 0x10 | 1, "a"), {"fault:1002"}},
      {"reserved data opcode", client_frame(fin | 3, "a"), {"fault:1002"}},
      {"reserved control opcode", client_frame(fin | 11, "a"), {"fault:1002"}},
      {"continuation of nothing", client_frame(fin | 0, "a"), {"fault:1002"}},
      {"a message inside another", client_frame(1, "a") + client_frame(fin | 1, "b"), {"fault:1002"}},
      {"continuation after the end",
       client_frame(1, "a") + client_frame(fin | 0, "b") + client_frame(0, "c"),
       {"text:ab", "fault:1002"}},
      {"length not in its shortest form", bytes({0x81, 0xFE, 0, 5, 0, 0, 0, 0}), {"fault:1002"}},
      {"length with the highest bit", bytes({0x82, 0xFF, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}), {"fault:1002"}},
      {"text that is not UTF-8", client_frame(fin | 1, "a\xFF"), {"fault:1007"}},
      {"text that ends inside a character", client_frame(fin | 1, euro.substr(0, 2)), {"fault:1007"}},
      {"the first bad byte is enough, whatever follows", client_frame(1, "\xED\xA0"), {"fault:1007"}},
      {"exactly the limit", client_frame(fin | 1, std::string(1000, 'x')), {"text:" + std::string(1000, 'x')}},
      {"over the limit", client_frame(fin | 1, std::string(1001, 'x')), {"fault:1009"}},
      {"over the limit by the sum of fragments",
       client_frame(1, std::string(600, 'x')) + client_frame(fin | 0, std::string(401, 'x')),
       {"fault:1009"}},
      {"the limit is per message",
       client_frame(1, std::string(600, 'x')) + client_frame(fin | 0, "") +
           client_frame(fin | 1, std::string(600, 'y')),
       {"text:" + std::string(600, 'x'), "text:" + std::string(600, 'y')}},
      {"close without a code", client_frame(fin | 8, ""), {"close:0:"}},
      {"close with code and reason",
       client_frame(fin | 8,
                    "\x03\xE8"
                    "bye"),
       {"close:1000:bye"}},
      {"close with half a code", client_frame(fin | 8, "\x03"), {"fault:1002"}},
      {"close with a reserved code", client_frame(fin | 8, bytes({0x03, 0xED})), {"fault:1002"}},
      {"close whose reason is not UTF-8", client_frame(fin | 8, "\x03\xE8\xC0"), {"fault:1007"}},
      {"close between fragments", client_frame(1, "a") + client_frame(fin | 8, "\x03\xE9"), {"close:1001:"}},
  };
}

TEST(WebSocketDecoder, TakesFramesApartHoweverTheyArrive) {
  for (const auto& scenario : scenarios()) {
    for (const std::size_t step : {1UL, 2UL, 3UL, 7UL, 1000UL, 1'000'000UL}) {
      SCOPED_TRACE(std::string(scenario.name) + ", in steps of " + std::to_string(step));
      EXPECT_EQ(decode(scenario.stream, step, scenario.limit), scenario.events);
    }
  }
}

TEST(WebSocketDecoder, RefusesALargeMessageBeforeItsPayload) {
  const auto head = client_frame(fin | 1, std::string(2000, 'x')).substr(0, 8);
  EXPECT_THAT(decode(head, 100), ElementsAre("fault:1009"));
}

TEST(WebSocketDecoder, RefusesBadTextBeforeItsFrameIsComplete) {
  const auto beginning = client_frame(fin | 1, "abc\xFFxxxxxxxxxx").substr(0, 2 + 4 + 4);
  EXPECT_THAT(decode(beginning, 100), ElementsAre("fault:1007"));
}

TEST(WebSocketFrames, WritesTheLengthInItsShortestForm) {
  EXPECT_EQ(make_frame_header(WebSocketOpcode::text, 5).view(), bytes({0x81, 5}));
  EXPECT_EQ(make_frame_header(WebSocketOpcode::binary, 125).view(), bytes({0x82, 125}));
  EXPECT_EQ(make_frame_header(WebSocketOpcode::binary, 126).view(), bytes({0x82, 126, 0, 126}));
  EXPECT_EQ(make_frame_header(WebSocketOpcode::binary, 0xFFFF).view(), bytes({0x82, 126, 0xFF, 0xFF}));
  EXPECT_EQ(make_frame_header(WebSocketOpcode::binary, 0x10000).view(), bytes({0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0}));
}

TEST(WebSocketFrames, CutsACloseReasonBetweenCharacters) {
  std::string reason(122, 'r');
  reason += "\xE2\x82\xAC";
  EXPECT_EQ(make_close_payload(1000, reason), "\x03\xE8" + std::string(122, 'r'));
  EXPECT_EQ(make_close_payload(close_code::none, "unsaid"), "");
}

TEST(WebSocketFrames, KnowsTheCloseCodesAPeerMaySend) {
  for (const auto code : std::initializer_list<std::uint16_t>{1000, 1001, 1002, 1003, 1007, 1011, 1014, 3000, 4999})
    EXPECT_TRUE(is_valid_close_code(code)) << code;
  for (const auto code :
       std::initializer_list<std::uint16_t>{0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535}) {
    EXPECT_FALSE(is_valid_close_code(code)) << code;
  }
}

TEST(Utf8Validator, AcceptsExactlyRfc3629) {
  const std::vector<std::string> valid{"",
                                       "plain",
                                       "\xC2\x80",
                                       "\xDF\xBF",
                                       "\xE0\xA0\x80",
                                       "\xED\x9F\xBF",
                                       "\xEE\x80\x80",
                                       "\xEF\xBF\xBF",
                                       "\xF0\x90\x80\x80",
                                       "\xF4\x8F\xBF\xBF",
                                       "12345678\xC3\xA4"
                                       "12345678"};
  for (const auto& text : valid) {
    Utf8Validator utf8;
    EXPECT_TRUE(utf8.feed(text) && utf8.complete()) << text;
  }
  const std::vector<std::string> invalid{"\x80",
                                         "\xC0\x80",
                                         "\xC1\xBF",
                                         "\xE0\x9F\xBF",
                                         "\xED\xA0\x80",
                                         "\xF0\x8F\xBF\xBF",
                                         "\xF4\x90\x80\x80",
                                         "\xF5\x80\x80\x80",
                                         "\xFF",
                                         "\xC3",
                                         "\xC3(",
                                         "\xE2\x82",
                                         "\xE2(\xAC"};
  for (const auto& text : invalid) {
    Utf8Validator utf8;
    EXPECT_FALSE(utf8.feed(text) && utf8.complete()) << ::testing::PrintToString(text);
  }
}

}  // namespace
}  // namespace taskgate::net
