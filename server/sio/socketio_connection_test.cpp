#include "sio/socketio_connection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace taskgate::sio {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

class Log final : public SocketIoConnectionPort {
 public:
  void send(const EngineFrame& frame) override { lines.push_back("send:" + *frame.payload); }
  void on_enter(std::string_view nsp, std::string_view auth) override { add("enter:", nsp, auth); }
  void on_event(std::string_view nsp, Packet packet) override {
    add("event:", nsp, packet.event + "(" + std::string(packet.arguments.joined()) + ")");
  }
  void on_ack(std::string_view nsp, std::uint64_t id, const ReceivedArguments& arguments) override {
    add("ack:", nsp, std::to_string(id) + "(" + std::string(arguments.joined()) + ")");
  }
  void on_too_large() override { lines.emplace_back("too large"); }
  void on_leave(std::string_view nsp, std::string_view reason) override { add("leave:", nsp, reason); }
  void close(std::string_view reason) override { lines.push_back("close:" + std::string(reason)); }

  void add(std::string_view what, std::string_view nsp, std::string_view detail) {
    lines.push_back(std::string(what) + std::string(nsp) + " " + std::string(detail));
  }
  std::vector<std::string> take() { return std::exchange(lines, {}); }
  std::vector<std::string> lines;
};

class SocketIoConnectionTest : public testing::Test {
 protected:
  void receive(std::string_view text) { connection.receive(text, false); }
  void join(std::string_view nsp) {
    receive("0" + std::string(nsp));
    EXPECT_TRUE(connection.accept(nsp, "S"));
    log.take();
  }

  explicit SocketIoConnectionTest(int revision = 4) : connection({1000ms, 2, {}, revision}, log, now) {}

  Log log;
  Moment now{std::chrono::hours{1}};
  SocketIoConnection connection;
};

class SocketIo2ConnectionTest : public SocketIoConnectionTest {
 protected:
  SocketIo2ConnectionTest() : SocketIoConnectionTest(3) {}
};

TEST_F(SocketIo2ConnectionTest, IsLetIntoTheMainNamespaceWithoutAsking) {
  connection.open();
  EXPECT_THAT(log.take(), ElementsAre("enter:/ {}"));
  EXPECT_TRUE(connection.accept("/", "S1"));
  EXPECT_THAT(log.take(), ElementsAre("send:40"));
  receive("0");
  receive(R"(2["hi"])");
  EXPECT_THAT(log.take(), ElementsAre("event:/ hi()"));
}

TEST_F(SocketIo2ConnectionTest, GivesItsCredentialsInTheQueryOfTheNamespace) {
  connection.open();
  log.take();
  receive("0/admin?token=a%20b&x=1");
  EXPECT_THAT(log.take(), ElementsAre(R"(enter:/admin {"token":"a b","x":"1"})"));
  EXPECT_TRUE(connection.accept("/admin", "S1"));
  receive(R"(2/admin,["hi"])");
  EXPECT_THAT(log.take(), ElementsAre("send:40/admin", "event:/admin hi()"));
}

TEST_F(SocketIo2ConnectionTest, IsToldWhyNotInOneWord) {
  connection.open();
  connection.refuse("/", "no", {});
  receive("0/a");
  connection.refuse("/a", "no", R"({"code":1})");
  EXPECT_THAT(log.take(), ElementsAre("enter:/ {}", R"(send:44"no")", "enter:/a {}", R"(send:44/a,{"code":1})"));
}

TEST_F(SocketIoConnectionTest, AsksWhoMayEnterAndSaysSo) {
  receive(R"(0{"token":"x"})");
  EXPECT_THAT(log.take(), ElementsAre(R"(enter:/ {"token":"x"})"));
  EXPECT_TRUE(connection.accept("/", "S1"));
  EXPECT_THAT(log.take(), ElementsAre(R"(send:40{"sid":"S1"})"));
  receive("0/custom");
  EXPECT_THAT(log.take(), ElementsAre("enter:/custom {}"));
  connection.refuse("/custom", "no", R"({"why":1})");
  EXPECT_THAT(log.take(), ElementsAre(R"(send:44/custom,{"message":"no","data":{"why":1}})"));
  receive("0/custom");  // may ask again
  EXPECT_THAT(log.take(), ElementsAre("enter:/custom {}"));
}

TEST_F(SocketIoConnectionTest, DeliversEventsAndAcknowledgements) {
  join("/");
  receive(R"(2["a",1])");
  receive(R"(37["done"])");
  EXPECT_THAT(log.take(), ElementsAre("event:/ a(1)", R"(ack:/ 7("done"))"));
}

TEST_F(SocketIoConnectionTest, ClosesOnWhatTheProtocolForbids) {
  const std::vector<std::vector<std::string>> stories{
      {R"(2["a"])"}, {R"(31[])"}, {"1"}, {R"(4{"message":"x"})"}, {"0/x", R"(2/x,["a"])"}, {"0/x", "0/x"}};
  for (const auto& story : stories) {
    Log own;
    SocketIoConnection other({1000ms, 2, {}}, own, now);
    for (const std::string& text : story) other.receive(text, false);
    EXPECT_EQ(own.lines.back(), "close:forced server close") << story.back();
    EXPECT_TRUE(other.is_closed());
  }
}

TEST_F(SocketIoConnectionTest, ClosesOnASecondConnectAndOnConnectErrors) {
  join("/");
  receive("0");
  EXPECT_THAT(log.take(), ElementsAre("leave:/ forced server close", "close:forced server close"));
}

TEST_F(SocketIoConnectionTest, ClosesOnMalformedPackets) {
  join("/");
  receive("abc");
  EXPECT_THAT(log.take(), ElementsAre("leave:/ parse error", "close:parse error"));
  receive(R"(2["a"])");
  EXPECT_THAT(log.lines, IsEmpty());
}

TEST_F(SocketIoConnectionTest, SaysThatAttachmentsAreOverTheirLimitBeforeItCloses) {
  join("/");
  receive("5257-[\"a\"]");
  EXPECT_THAT(log.take(), ElementsAre("too large", "leave:/ parse error", "close:parse error"));
}

TEST_F(SocketIoConnectionTest, LetsTheClientLeaveOneNamespace) {
  join("/");
  join("/x");
  receive("1/x,");
  EXPECT_THAT(log.take(), ElementsAre("leave:/x client namespace disconnect"));
  receive(R"(2["still"])");
  EXPECT_THAT(log.take(), ElementsAre("event:/ still()"));
  receive("0/x");
  EXPECT_THAT(log.take(), ElementsAre("enter:/x {}"));
}

TEST_F(SocketIoConnectionTest, DropsWhatWasUnderWayWhenTheServerEndedTheNamespace) {
  join("/");
  connection.leave("/", "server namespace disconnect");
  EXPECT_THAT(log.take(), ElementsAre("send:41", "leave:/ server namespace disconnect"));
  receive(R"(2["late"])");
  receive("1");
  EXPECT_THAT(log.lines, IsEmpty());
  receive("0");
  EXPECT_THAT(log.take(), ElementsAre("enter:/ {}"));
}

TEST_F(SocketIoConnectionTest, ClosesWithoutANamespaceInTime) {
  EXPECT_EQ(connection.next_deadline(), now + 1000ms);
  connection.tick(now + 999ms);
  EXPECT_THAT(log.lines, IsEmpty());
  connection.tick(now + 1000ms);
  EXPECT_THAT(log.take(), ElementsAre("close:forced server close"));
}

TEST_F(SocketIoConnectionTest, HasNoDeadlineOnceANamespaceWasJoined) {
  join("/");
  EXPECT_EQ(connection.next_deadline(), Moment::max());
  connection.tick(now + 5s);
  EXPECT_THAT(log.lines, IsEmpty());
}

TEST_F(SocketIoConnectionTest, BoundsTheNamespaces) {
  join("/a");
  join("/b");
  receive("0/c");
  EXPECT_THAT(log.take(), ElementsAre(R"(send:44/c,{"message":"Too many namespaces"})"));
}

TEST_F(SocketIoConnectionTest, TellsEveryNamespaceWhenTheSessionEnds) {
  join("/a");
  join("/b");
  connection.closed("ping timeout");
  connection.closed("again");
  EXPECT_THAT(log.take(), ElementsAre("leave:/a ping timeout", "leave:/b ping timeout"));
}

TEST_F(SocketIoConnectionTest, AcceptsNobodyWhoHasGone) {
  receive("0");
  connection.closed("transport close");
  EXPECT_FALSE(connection.accept("/", "S"));
  EXPECT_FALSE(connection.accept("/unasked", "S"));
}

}  // namespace
}  // namespace taskgate::sio
