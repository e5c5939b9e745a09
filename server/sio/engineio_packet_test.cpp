#include "sio/engineio_packet.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace taskgate::sio {
namespace {

using namespace std::string_literals;
using namespace std::string_view_literals;

struct Decoded {
  bool well_formed = false;
  std::vector<std::string> packets;  // the type's digit and the data; "b" for binary
};

Decoded decode(std::string_view body) {
  Decoded result;
  result.well_formed = decode_payload(body, [&result](const EnginePacket& packet) {
    const std::string type = packet.binary ? "b" : std::to_string(static_cast<int>(packet.type));
    result.packets.push_back(type + std::string(packet.data));
    return true;
  });
  return result;
}

TEST(EnginePacket, DecodesEveryType) {
  for (int type = 0; type <= 6; ++type) {
    const std::string text = std::to_string(type) + "data";
    const auto packet = decode_packet(text);
    ASSERT_TRUE(packet);
    EXPECT_EQ(static_cast<int>(packet->type), type);
    EXPECT_EQ(packet->data, "data");
    EXPECT_FALSE(packet->binary);
  }
}

TEST(EnginePacket, RefusesWhatIsNoType) {
  for (const auto text : {""sv, "7"sv, "a"sv, "bAQID"sv, " 4"sv, "\x1e"sv}) EXPECT_FALSE(decode_packet(text)) << text;
}

TEST(EnginePayload, SeparatesTextAndBinaryPackets) {
  const Decoded decoded = decode(
      "4hello\x1e"
      "2\x1e"
      "4\x1e"
      "bAQIDBA==");
  EXPECT_TRUE(decoded.well_formed);
  EXPECT_EQ(decoded.packets, (std::vector<std::string>{"4hello", "2", "4", "b\x01\x02\x03\x04"}));
}

TEST(EnginePayload, DeliversWhatComesBeforeAMalformedPacket) {
  const Decoded decoded = decode(
      "4first\x1e"
      "abc\x1e"
      "4never");
  EXPECT_FALSE(decoded.well_formed);
  EXPECT_EQ(decoded.packets, std::vector<std::string>{"4first"});
}

TEST(EnginePayload, RefusesEmptyBodiesEmptyPiecesBadBase64AndBadUtf8) {
  for (const auto body : {""sv, "\x1e"sv, "4a\x1e"sv, "b!!!!"sv, "bAQIDBA"sv, "4\xff"sv, "4\xed\xa0\x80"sv}) {
    EXPECT_FALSE(decode(body).well_formed) << body;
  }
}

TEST(EnginePayload, StopsWhenTold) {
  int seen = 0;
  EXPECT_TRUE(
      decode_payload("4a\x1e"
                     "4b\x1e"
                     "nonsense",
                     [&seen](const EnginePacket&) { return ++seen < 2; }));
  EXPECT_EQ(seen, 2);
}

TEST(EnginePayload, EncodesWhatItDecodes) {
  std::string body;
  std::size_t size = 0;
  for (const auto& frame :
       {message_frame("hé"), binary_frame(std::make_shared<const std::string>("\0\x01\x02"s)),
        packet_frame(EnginePacketType::noop), binary_frame(std::make_shared<const std::string>())}) {
    append_to_payload(body, frame);
    size += payload_size(frame);
  }
  EXPECT_EQ(body,
            "4hé\x1e"
            "bAAEC\x1e"
            "6\x1e"
            "b");
  EXPECT_EQ(size, body.size() + 1);  // counts a separator for each
  const Decoded decoded = decode(body);
  EXPECT_TRUE(decoded.well_formed);
  EXPECT_EQ(decoded.packets, (std::vector<std::string>{"4hé", "b\0\x01\x02"s, "6", "b"}));
}

TEST(Utf8, AcceptsTheLimitsOfEachLength) {
  for (const auto text :
       {""sv, "\x7f"sv, "\xc2\x80"sv, "\xdf\xbf"sv, "\xe0\xa0\x80"sv, "\xed\x9f\xbf"sv, "\xee\x80\x80"sv,
        "\xef\xbf\xbf"sv, "\xf0\x90\x80\x80"sv, "\xf4\x8f\xbf\xbf"sv, "long enough for blocks é and more"sv}) {
    EXPECT_TRUE(is_utf8(text)) << text;
  }
}

TEST(Utf8, RefusesOverlongSurrogatesCutOffAndBeyond) {
  for (const auto text :
       {"\x80"sv, "\xc0\x80"sv, "\xc1\xbf"sv, "\xc2"sv, "\xe0\x9f\xbf"sv, "\xe2\x82"sv, "\xed\xa0\x80"sv,
        "\xf0\x8f\xbf\xbf"sv, "\xf4\x90\x80\x80"sv, "\xf5\x80\x80\x80"sv, "\xff"sv, "12345678\xc3"sv}) {
    EXPECT_FALSE(is_utf8(text)) << text;
  }
}

}  // namespace
}  // namespace taskgate::sio
