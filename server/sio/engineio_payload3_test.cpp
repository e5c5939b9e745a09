#include "sio/engineio_payload3.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace taskgate::sio {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

EngineFrame bytes(std::string text) { return binary_frame(std::make_shared<const std::string>(std::move(text))); }

// What a body holds, binary messages marked; "malformed" last where it is.
std::vector<std::string> read(std::string_view body, bool binary = false) {
  std::vector<std::string> packets;
  const bool good = decode_payload3(body, binary, [&packets](const EnginePacket& packet) {
    packets.push_back((packet.binary ? "binary " : "") + std::to_string(static_cast<int>(packet.type)) +
                      std::string(packet.data));
    return true;
  });
  if (!good) packets.emplace_back("malformed");
  return packets;
}

TEST(Payload3, GivesTheLengthOfEachPacketInUtf16) {
  const std::vector<EngineFrame> frames{message_frame("hello"), message_frame("€uro"), message_frame("😀")};
  EXPECT_EQ(encode_payload3(frames, false).body, "6:4hello5:4€uro3:4😀");
  EXPECT_EQ(encode_payload3({}, false).body, "0:");
}

TEST(Payload3, WritesBinaryMessagesAsBase64ForThoseWhoTakeNoBinary) {
  const std::vector<EngineFrame> frames{message_frame("hello"), bytes("\x01\x02\x03\x04")};
  const Payload3 payload = encode_payload3(frames, true);
  EXPECT_EQ(payload.body, "6:4hello10:b4AQIDBA==");
  EXPECT_FALSE(payload.binary);
}

TEST(Payload3, WritesEverythingInTheBinaryFormWhereOneMessageIsBinary) {
  const std::vector<EngineFrame> frames{message_frame("hello"), bytes("\x01\x02\x03\x04")};
  const Payload3 payload = encode_payload3(frames, false);
  using std::string_literals::operator""s;
  EXPECT_EQ(payload.body,
            "\x00\x06\xff"
            "4hello\x01\x05\xff\x04\x01\x02\x03\x04"s);
  EXPECT_TRUE(payload.binary);
  EXPECT_THAT(read(payload.body, true), ElementsAre("4hello", "binary 4\x01\x02\x03\x04"));
}

TEST(Payload3, ReadsWhatItWrites) {
  EXPECT_THAT(read("6:4hello5:4€uro3:4😀1:2"), ElementsAre("4hello", "4€uro", "4😀", "2"));
  EXPECT_THAT(read("6:4hello10:b4AQIDBA=="), ElementsAre("4hello", "binary 4\x01\x02\x03\x04"));
  EXPECT_THAT(read("0:1:2"), ElementsAre("2"));
}

TEST(Payload3, RefusesWhatIsMalformed) {
  for (const std::string_view body : {"", "abc", ":4a", "2:4", "x:4a", "1:9", "-1:4", "1 :4", "99999999999:4", "2:4😀",
                                      "6:b4AQ=", "1:4a", "1:", "3:4\xff\xff"}) {
    EXPECT_THAT(read(body), testing::Contains("malformed")) << body;
  }
  using std::string_literals::operator""s;
  for (const std::string& body : {"\x02\x01\xff"
                                  "4"s,
                                  "\x00\x01"
                                  "4"s,
                                  "\x00\xff"
                                  "4"s,
                                  "\x00\x0a\xff"
                                  "4"s,
                                  "\x00\x05\xff"
                                  "4"s,
                                  "\x01\x01\xff\x03"s,
                                  "\x00\x02\xff"
                                  "4\xff"s}) {
    EXPECT_THAT(read(body, true), testing::Contains("malformed"));
  }
}

TEST(Payload3, PutsTheTypeBeforeABinaryMessageOfAWebSocket) {
  EXPECT_EQ(*websocket_frame3(bytes("\x01"), false).payload, "\x04\x01");
  EXPECT_TRUE(websocket_frame3(bytes("\x01"), false).binary);
  EXPECT_EQ(*websocket_frame3(bytes("\x01"), true).payload, "b4AQ==");
  EXPECT_FALSE(websocket_frame3(bytes("\x01"), true).binary);
  std::string scratch;
  EXPECT_EQ(decode_message3("\x04\x01", true, scratch)->data, "\x01");
  EXPECT_EQ(decode_message3("b4AQ==", false, scratch)->data, "\x01");
  EXPECT_FALSE(decode_message3("\x05\x01", true, scratch));
  EXPECT_FALSE(decode_message3("", true, scratch));
}

}  // namespace
}  // namespace taskgate::sio
