#include <gtest/gtest.h>

#include <tuple>

#include "base/fuzz_loop.h"
#include "base/json.h"
#include "sio/engineio_packet.h"
#include "sio/engineio_payload3.h"
#include "sio/json_scan.h"
#include "sio/socketio_packet.h"

namespace taskgate::sio {
namespace {

const std::filesystem::path corpus = TASKGATE_FUZZ_CORPUS;

struct Kept {
  EnginePacketType type;
  std::string data;
  bool binary;
  bool operator==(const Kept&) const = default;
};

std::function<bool(const EnginePacket&)> keep_in(std::vector<Kept>& packets) {
  return [&packets](const EnginePacket& packet) {
    packets.push_back({packet.type, std::string(packet.data), packet.binary});
    return true;
  };
}

EngineFrame frame_of(const Kept& packet) {
  if (packet.binary) return binary_frame(std::make_shared<const std::string>(packet.data));
  return packet_frame(packet.type, packet.data);
}

// What was understood is understood in the same way when it is sent on.
TEST(Fuzz, EngineIoPayload) {
  fuzz(corpus / "engineio_payload", {"\x1e", "b", "4", "=", "==", "\xC3\xA4", "\xF0\x9F\x98\x80"}, 30'000,
       [](const std::string& input, Mutator&) {
         (void)decode_packet(input);
         std::vector<Kept> packets;
         if (!decode_payload(input, keep_in(packets))) return;
         EXPECT_FALSE(packets.empty());
         std::string body;
         std::size_t announced = 0;
         for (const Kept& packet : packets) {
           announced += payload_size(frame_of(packet));
           append_to_payload(body, frame_of(packet));
         }
         EXPECT_LE(body.size(), announced);
         std::vector<Kept> again;
         EXPECT_TRUE(decode_payload(body, keep_in(again)));
         EXPECT_EQ(packets, again);
       });
}

TEST(Fuzz, EngineIo3Payload) {
  fuzz(corpus / "engineio3_payload",
       {":", "1:", "b4", "4", "\xFF", std::string(1, '\0'), "\x01", "\xC3\xA4", "\xF0\x9F\x98\x80"}, 30'000,
       [](const std::string& input, Mutator&) {
         std::string bytes;
         for (const bool binary : {false, true}) {
           (void)decode_message3(input, binary, bytes);
           std::vector<Kept> packets;
           if (!decode_payload3(input, binary, keep_in(packets))) continue;
           std::vector<EngineFrame> frames;
           for (const Kept& packet : packets) frames.push_back(frame_of(packet));
           for (const bool base64 : {false, true}) {
             const Payload3 payload = encode_payload3(frames, base64);
             std::vector<Kept> again;
             EXPECT_TRUE(decode_payload3(payload.body, payload.binary, keep_in(again)));
             EXPECT_EQ(packets, again);
           }
         }
       });
}

// --- Socket.IO: frames are lines, binary ones begin with "b:" ---

std::vector<std::string> lines_of(const std::string& input) {
  std::vector<std::string> lines(1);
  for (const char c : input) {
    if (c == '\n') {
      lines.emplace_back();
    } else {
      lines.back() += c;
    }
  }
  return lines;
}

using Facts = std::tuple<PacketType, std::string, std::optional<std::uint64_t>, std::string, std::string,
                         std::vector<std::string>>;

Facts facts_of(const Packet& packet) {
  std::vector<std::string> attachments;
  for (const Buffer& buffer : packet.arguments.attachments()) attachments.push_back(*buffer);
  return {packet.type, packet.nsp, packet.id, packet.event, std::string(packet.arguments.joined()), attachments};
}

void expect_same_when_sent_on(const Packet& packet) {
  std::vector<EngineFrame> frames;
  if (packet.type == PacketType::event) {
    frames = encode_event(packet.nsp, packet.id, packet.event, packet.arguments.forward());
  } else if (packet.type == PacketType::ack) {
    frames = encode_ack(packet.nsp, packet.id.value_or(0), packet.arguments.forward());
  } else {
    return;
  }
  Decoder decoder;
  for (std::size_t i = 0; i < frames.size(); ++i) {
    const std::string_view payload = *frames[i].payload;
    // A text frame carries the type digit of Engine.IO.
    const auto outcome = frames[i].binary ? decoder.add_binary(payload) : decoder.add_text(payload.substr(1));
    ASSERT_EQ(outcome, i + 1 == frames.size() ? Decoder::Outcome::packet : Decoder::Outcome::incomplete) << payload;
  }
  EXPECT_EQ(facts_of(decoder.take()), facts_of(packet));
}

TEST(Fuzz, SocketIoDecoder) {
  const std::vector<std::string> words{"\n",  "\nb:", "5",     "51-",  "-",       "/admin,",
                                       ",",   "[",    "]",     "{",    "}",       "\"",
                                       "\\u", "\\",   "1e999", "-0",   "null",    R"({"_placeholder":true,"num":0})",
                                       "[[[", "]]]",  "num",   "true", "\xC3\xA4"};
  fuzz(corpus / "socketio", words, 30'000, [](const std::string& input, Mutator&) {
    Decoder decoder({.attachments_max = 8, .attachment_bytes_max = 1'000, .depth_max = 32});
    for (const std::string& line : lines_of(input)) {
      const bool binary = line.substr(0, 2) == "b:";
      const auto outcome = binary ? decoder.add_binary(std::string_view(line).substr(2)) : decoder.add_text(line);
      if (outcome == Decoder::Outcome::malformed) {
        EXPECT_FALSE(decoder.error().empty());
        return;
      }
      if (outcome != Decoder::Outcome::packet) continue;
      const Packet packet = decoder.take();
      for (std::size_t i = 0; i < packet.arguments.size(); ++i) (void)packet.arguments.parse(i);
      expect_same_when_sent_on(packet);
    }
  });
}

// Whatever the strict parser takes must pass the scanner: it decides which events arrive at all.
TEST(Fuzz, JsonScanner) {
  const std::vector<std::string> words{"[",       "]",   "{", "}", "\"", ":",    ",",   "\\u0000",
                                       "\\ud83d", "1e5", "-", "0", ".",  "true", "null"};
  fuzz(corpus / "json", words, 30'000, [](const std::string& input, Mutator&) {
    if (!is_utf8(input)) return;
    const auto scanned = scan_json(input);
    if (!scanned) {
      EXPECT_FALSE(parse_json(input));
      return;
    }
    std::size_t end = 0;
    for (const auto& [offset, length] : scanned->elements) {
      EXPECT_GE(offset, end);
      end = offset + length;
      ASSERT_LE(end, input.size());
      const std::string_view element = std::string_view(input).substr(offset, length);
      EXPECT_TRUE(scan_json(element)) << element;
      if (element.front() == '"') {
        EXPECT_TRUE(is_utf8(unescape_json_string(element)));
      }
    }
  });
}

}  // namespace
}  // namespace taskgate::sio
