#include "sio/socketio_packet.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace taskgate::sio {
namespace {

using Outcome = Decoder::Outcome;

Packet decode(std::string_view text) {
  Decoder decoder;
  EXPECT_EQ(decoder.add_text(text), Outcome::packet) << text << ": " << decoder.error();
  return decoder.take();
}

std::string text_of(const EngineFrame& frame) { return (frame.binary ? "binary:" : "") + *frame.payload; }

TEST(SocketIoDecoder, ReadsConnect) {
  EXPECT_EQ(decode("0").nsp, "/");
  EXPECT_EQ(decode("0").payload, "");
  EXPECT_EQ(decode(R"(0{"token":"123"})").payload, R"({"token":"123"})");
  const Packet packet = decode(R"(0/woot,{"token":"123"})");
  EXPECT_EQ(packet.type, PacketType::connect);
  EXPECT_EQ(packet.nsp, "/woot");
  EXPECT_EQ(packet.payload, R"({"token":"123"})");
  EXPECT_EQ(decode("0/woot").nsp, "/woot");
  EXPECT_EQ(decode("0/woot,").nsp, "/woot");
}

TEST(SocketIoDecoder, ReadsDisconnectAndConnectError) {
  EXPECT_EQ(decode("1").type, PacketType::disconnect);
  EXPECT_EQ(decode("1/woot,").nsp, "/woot");
  EXPECT_EQ(decode(R"(4"Unauthorized")").type, PacketType::connect_error);
  EXPECT_EQ(decode(R"(4{"message":"Unauthorized"})").type, PacketType::connect_error);
}

TEST(SocketIoDecoder, ReadsEventsAndKeepsTheirArgumentsAsText) {
  const Packet packet = decode(R"(2/test,1["a",1,{ }, "x" ])");
  EXPECT_EQ(packet.type, PacketType::event);
  EXPECT_EQ(packet.nsp, "/test");
  EXPECT_EQ(packet.id, 1U);
  EXPECT_EQ(packet.event, "a");
  ASSERT_EQ(packet.arguments.size(), 3U);
  EXPECT_EQ(packet.arguments.text(1), "{ }");
  EXPECT_EQ(packet.arguments.text(3), "");
  EXPECT_EQ(packet.arguments.joined(), R"(1,{ }, "x")");
  EXPECT_EQ(packet.arguments.parse(0)->as_int64(), 1);
  EXPECT_FALSE(packet.arguments.parse(3));
}

TEST(SocketIoDecoder, ReadsNumericAndEscapedEventNames) {
  EXPECT_EQ(decode(R"(2[1,"a",{}])").event, "1");
  EXPECT_EQ(decode(R"(2["caf\u00e9"])").event, "café");
  EXPECT_EQ(decode(R"(2["a"])").arguments.joined(), "");
}

TEST(SocketIoDecoder, ReadsAcknowledgements) {
  const Packet packet = decode(R"(3123["a",1,{}])");
  EXPECT_EQ(packet.type, PacketType::ack);
  EXPECT_EQ(packet.id, 123U);
  EXPECT_EQ(packet.arguments.joined(), R"("a",1,{})");
  EXPECT_EQ(decode("3123[]").arguments.size(), 0U);
}

TEST(SocketIoDecoder, LeavesBigNumbersAlone) {
  EXPECT_EQ(decode(R"(2["a",12345678901234567890123,1.10])").arguments.joined(), "12345678901234567890123,1.10");
}

// The vectors of the official parser's tests, and what the protocol forbids beyond them.
TEST(SocketIoDecoder, RefusesInvalidPackets) {
  for (const char* text : {R"(442["some","data")",
                           R"(0/admin,"invalid")",
                           "0[]",
                           "1/admin,{}",
                           R"(2/admin,"invalid)",
                           "2/admin,{}",
                           R"(2[{"toString":"foo"}])",
                           R"(2[true,"foo"])",
                           R"(2[null,"bar"])",
                           R"(2["connect"])",
                           R"(2["disconnect","123"])",
                           R"(2["connect_error"])",
                           R"(2["disconnecting"])",
                           R"(2["newListener"])",
                           R"(2["removeListener"])",
                           R"(2["\u0063onnect"])",
                           "5",
                           "51",
                           "5a-",
                           "51.23-",
                           "5-",
                           "5-1-",
                           R"(5-["a"])",
                           R"(51["a"])",
                           "999",
                           "",
                           "a",
                           "abc",
                           "2",
                           "2[]",
                           "2{}",
                           "2[[]]",
                           R"(2abc["a"])",
                           R"(2["a"]x)",
                           "3",
                           "3[]",
                           "31",
                           "31{}",
                           R"(3"a")",
                           "0null",
                           "0true",
                           "41",
                           "4[]",
                           "4null",
                           R"(2-1["a"])",
                           R"(21.5["a"])",
                           R"(299999999999999999999["a"])",
                           R"(29007199254740992["a"])",
                           R"(2/nsp["a"])"}) {
    Decoder decoder;
    EXPECT_EQ(decoder.add_text(text), Outcome::malformed) << text;
    EXPECT_FALSE(decoder.error().empty()) << text;
  }
}

TEST(SocketIoDecoder, GathersAttachments) {
  Decoder decoder;
  ASSERT_EQ(decoder.add_text(R"(52-/x,7["b",{"_placeholder":true,"num":1},{"_placeholder":true,"num":0}])"),
            Outcome::incomplete);
  ASSERT_EQ(decoder.add_binary("one"), Outcome::incomplete);
  ASSERT_EQ(decoder.add_binary("two"), Outcome::packet);
  const Packet packet = decoder.take();
  EXPECT_EQ(packet.type, PacketType::event);
  EXPECT_EQ(packet.id, 7U);
  ASSERT_EQ(packet.arguments.attachments().size(), 2U);
  EXPECT_EQ(*packet.arguments.attachments()[1], "two");
  ASSERT_EQ(decoder.add_text(R"(2["next"])"), Outcome::packet);
}

TEST(SocketIoDecoder, TakesABinaryPacketWithoutAttachmentsAndGoesOn) {
  Decoder decoder;
  ASSERT_EQ(decoder.add_text(R"(50-["e"])"), Outcome::packet);
  EXPECT_EQ(decoder.take().event, "e");
  EXPECT_EQ(decoder.add_text(R"(2["next"])"), Outcome::packet);
  EXPECT_EQ(decoder.add_text(R"(50-["e",{"_placeholder":true,"num":0}])"), Outcome::malformed);
}

TEST(SocketIoDecoder, RefusesTextWhileAttachmentsAreDueAndBinaryWhileNoneIs) {
  Decoder decoder;
  EXPECT_EQ(decoder.add_binary("x"), Outcome::malformed);
  ASSERT_EQ(decoder.add_text(R"(51-["hello",{"_placeholder":true,"num":0}])"), Outcome::incomplete);
  EXPECT_EQ(decoder.add_text(R"(2["hello"])"), Outcome::malformed);
}

TEST(SocketIoDecoder, BoundsAttachmentsByNumberAndByBytes) {
  Decoder decoder({2, 5, 16});
  EXPECT_EQ(decoder.add_text(R"(53-["hello"])"), Outcome::malformed);
  EXPECT_EQ(decoder.error(), "too many attachments");
  ASSERT_EQ(decoder.add_text(R"(52-["hello"])"), Outcome::incomplete);
  ASSERT_EQ(decoder.add_binary("123"), Outcome::incomplete);
  EXPECT_EQ(decoder.add_binary("456"), Outcome::malformed);
}

TEST(SocketIoDecoder, RefusesPlaceholdersOutOfRange) {
  for (const char* text :
       {R"(51-["a",{"_placeholder":true,"num":1}])", R"(51-["a",{"_placeholder":true,"num":-1}])",
        R"(51-["a",{"_placeholder":true,"num":"splice"}])", R"(61-1[{"_placeholder":true,"num":100}])"}) {
    EXPECT_EQ(Decoder().add_text(text), Outcome::malformed) << text;
  }
}

TEST(SocketIoEncoder, WritesWhatTheClientReads) {
  EXPECT_EQ(text_of(encode_event("/", std::nullopt, "a", {})[0]), R"(42["a"])");
  EXPECT_EQ(text_of(encode_event("/", 12, "a\"b", R"(1,{"x":[]})")[0]), R"(4212["a\"b",1,{"x":[]}])");
  EXPECT_EQ(text_of(encode_event("/n", 0, "a", "null")[0]), R"(42/n,0["a",null])");
  EXPECT_EQ(text_of(encode_ack("/", 123, R"("a")")[0]), R"(43123["a"])");
  EXPECT_EQ(text_of(encode_ack("/n", 5, {})[0]), "43/n,5[]");
  EXPECT_EQ(text_of(encode_connect("/", "abc")), R"(40{"sid":"abc"})");
  EXPECT_EQ(text_of(encode_connect("/n", "abc")), R"(40/n,{"sid":"abc"})");
  EXPECT_EQ(text_of(encode_disconnect("/")), "41");
  EXPECT_EQ(text_of(encode_disconnect("/n")), "41/n,");
  EXPECT_EQ(text_of(encode_connect_error("/n", "Invalid namespace", {})), R"(44/n,{"message":"Invalid namespace"})");
  EXPECT_EQ(text_of(encode_connect_error("/", "no", R"({"code":1})")), R"(44{"message":"no","data":{"code":1}})");
}

TEST(SocketIoEncoder, PutsAttachmentsBehindTheText) {
  const auto bytes = std::make_shared<const std::string>("\x01\x02");
  const auto frames = encode_event("/n", 3, "b", Arguments(R"({"_placeholder":true,"num":0})", {bytes}));
  ASSERT_EQ(frames.size(), 2U);
  EXPECT_EQ(text_of(frames[0]), R"(451-/n,3["b",{"_placeholder":true,"num":0}])");
  EXPECT_TRUE(frames[1].binary);
  EXPECT_EQ(frames[1].payload, bytes);  // shared, not copied
  EXPECT_EQ(text_of(encode_ack("/", 9, Arguments(R"({"_placeholder":true,"num":0})", {bytes}))[0]),
            R"(461-9[{"_placeholder":true,"num":0}])");
}

TEST(SocketIoArguments, AreForwardedAsTheyCame) {
  Decoder decoder;
  ASSERT_EQ(decoder.add_text(R"(51-["m",1,{"_placeholder":true,"num":0}])"), Outcome::incomplete);
  ASSERT_EQ(decoder.add_binary("x"), Outcome::packet);
  const auto frames = encode_event("/", std::nullopt, "back", decoder.take().arguments.forward());
  ASSERT_EQ(frames.size(), 2U);
  EXPECT_EQ(text_of(frames[0]), R"(451-["back",1,{"_placeholder":true,"num":0}])");
  EXPECT_EQ(*frames[1].payload, "x");
}

}  // namespace
}  // namespace taskgate::sio
