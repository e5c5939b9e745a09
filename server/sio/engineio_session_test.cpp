#include "sio/engineio_session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace taskgate::sio {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using Session = EngineSession;
using Poll = EngineSession::PollOutcome;
using Post = EngineSession::PostOutcome;

// Writes down what the session asks for, in order.
class Log final : public EngineSessionPort {
 public:
  void answer_poll(PollBody body) override {
    lines.push_back((body.binary ? "binary poll:" : "poll:") + body.bytes);
    poll_compresses = body.compress;
  }
  void send(const EngineFrame& frame) override { lines.push_back("ws:" + *frame.payload); }
  void close_websocket() override { lines.emplace_back("ws closed"); }
  void send_probe(const EngineFrame& frame) override { lines.push_back("probe:" + *frame.payload); }
  void close_probe() override { lines.emplace_back("probe closed"); }
  void adopt_probe() override { lines.emplace_back("adopted"); }
  void on_message(std::string_view data, bool binary) override {
    lines.push_back((binary ? "binary:" : "message:") + std::string(data));
    if (during_message) during_message();
  }
  void on_close(std::string_view reason) override { lines.push_back("closed:" + std::string(reason)); }

  std::vector<std::string> take() { return std::exchange(lines, {}); }
  std::vector<std::string> lines;
  bool poll_compresses = false;  // of the latest answer to a poll
  std::function<void()> during_message;
};

class EngineSessionTest : public testing::Test {
 protected:
  void open(Session::Transport transport, int revision = 4) {
    EngineSessionOptions options;
    options.revision = revision;
    options.ping_interval = 300ms;
    options.ping_timeout = 200ms;
    options.upgrade_timeout = 1000ms;
    options.close_timeout = 2000ms;
    session = std::make_unique<Session>("SID", transport, options, log, now);
    session->start();
    if (transport == Session::Transport::polling) poll();
    if (revision == 3) pass(10ms);
    first = log.take();
  }
  void open_polling() { open(Session::Transport::polling); }
  void open_websocket() { open(Session::Transport::websocket); }
  // Lets time pass as a timer would: stopping at each deadline.
  void pass(std::chrono::milliseconds time) {
    const Moment until = now + time;
    while (session->next_deadline() <= until) {
      now = std::max(now, session->next_deadline());
      session->tick(now);
      if (session->ended()) break;
    }
    now = until;
  }
  void post(std::string_view body) { EXPECT_EQ(session->post(body, false, now), Post::ok); }
  void poll() { EXPECT_EQ(session->poll(now), Poll::pending); }
  void probe(std::string_view text) { session->probe_message(text, false, now); }

  Log log;
  Moment now{std::chrono::hours{1}};
  std::unique_ptr<Session> session;
  std::vector<std::string> first;
};

// --- opening ---

TEST_F(EngineSessionTest, AnswersTheFirstPollWithTheOpenPacket) {
  open_polling();
  EXPECT_THAT(
      first,
      ElementsAre(
          R"(poll:0{"sid":"SID","upgrades":["websocket"],"pingInterval":300,"pingTimeout":200,"maxPayload":1000000})"));
}

TEST_F(EngineSessionTest, OffersNoUpgradeOverAWebSocket) {
  open_websocket();
  EXPECT_THAT(
      first,
      ElementsAre(R"(ws:0{"sid":"SID","upgrades":[],"pingInterval":300,"pingTimeout":200,"maxPayload":1000000})"));
}

// --- polling ---

TEST_F(EngineSessionTest, QueuesUntilThePollAndAnswersAllAtOnce) {
  open_polling();
  session->send(message_frame("a"));
  session->send(binary_frame(std::make_shared<const std::string>("\x01")));
  EXPECT_GT(session->queued_bytes(), 0U);
  poll();
  EXPECT_THAT(log.take(), ElementsAre("poll:4a\x1e"
                                      "bAQ=="));
  EXPECT_EQ(session->queued_bytes(), 0U);
}

TEST_F(EngineSessionTest, CompressesAPayloadIfOnePacketAllowsIt) {
  open_polling();
  EngineFrame compressed_already = message_frame("a");
  compressed_already.compress = false;
  session->send(compressed_already);
  poll();
  EXPECT_FALSE(log.poll_compresses);
  session->send(compressed_already);
  session->send(message_frame("b"));
  poll();
  EXPECT_TRUE(log.poll_compresses);
}

TEST_F(EngineSessionTest, AnswersAPendingPollAtOnce) {
  open_polling();
  poll();
  EXPECT_THAT(log.lines, IsEmpty());
  session->send(message_frame("a"));
  EXPECT_THAT(log.take(), ElementsAre("poll:4a"));
}

TEST_F(EngineSessionTest, DeliversAPayloadInOrder) {
  open_polling();
  post(
      "4one\x1e"
      "bAg==\x1e"
      "4two");
  EXPECT_THAT(log.take(), ElementsAre("message:one", "binary:\x02", "message:two"));
}

TEST_F(EngineSessionTest, EndsOnAnOverlappingPoll) {
  open_polling();
  poll();
  EXPECT_EQ(session->poll(now), Poll::overlap);
  EXPECT_THAT(log.take(), ElementsAre("poll:1", "closed:transport error"));
  EXPECT_EQ(session->poll(now), Poll::gone);
}

TEST_F(EngineSessionTest, EndsWhenThePendingPollIsAborted) {
  open_polling();
  poll();
  session->poll_aborted();
  EXPECT_THAT(log.take(), ElementsAre("closed:transport error"));
  EXPECT_TRUE(session->ended());
}

TEST_F(EngineSessionTest, IgnoresAnAbortWhenNoPollIsPending) {
  open_polling();
  session->poll_aborted();
  EXPECT_TRUE(session->open());
}

TEST_F(EngineSessionTest, EndsWhenTheClientCloses) {
  open_polling();
  poll();
  post("1");
  EXPECT_THAT(log.take(), ElementsAre("poll:6", "closed:transport close"));
  EXPECT_EQ(session->poll(now), Poll::gone);
}

TEST_F(EngineSessionTest, AnswersThePollThatTheCloseHasOvertaken) {
  open_polling();
  session->send(message_frame("for nobody"));
  post("1");
  EXPECT_THAT(log.take(), ElementsAre("closed:transport close"));
  post("4late");
  poll();
  EXPECT_THAT(log.take(), ElementsAre("poll:6"));
  EXPECT_TRUE(session->ended());
  EXPECT_EQ(session->poll(now), Poll::gone);
}

TEST_F(EngineSessionTest, WaitsForAnOvertakenPollAMomentOnly) {
  open_polling();
  post("1");
  EXPECT_LE(session->next_deadline(), now + 1s);
  now = session->next_deadline();
  session->tick(now);
  EXPECT_TRUE(session->ended());
  EXPECT_THAT(log.take(), ElementsAre("closed:transport close"));
}

TEST_F(EngineSessionTest, DeliversWhatComesBeforeABadPacketThenEnds) {
  open_polling();
  poll();
  EXPECT_EQ(session->post("4good\x1e"
                          "abc\x1e"
                          "4lost",
                          false, now),
            Post::malformed);
  EXPECT_THAT(log.take(), ElementsAre("message:good", "poll:1", "closed:parse error"));
}

TEST_F(EngineSessionTest, RefusesAPingFromTheClient) {
  open_polling();
  post("2");
  EXPECT_THAT(log.take(), ElementsAre("closed:transport error"));
}

TEST_F(EngineSessionTest, DeliversNothingOnceAMessageMadeTheServerClose) {
  open_polling();
  log.during_message = [this] { session->close("forced close", now); };
  post(
      "4one\x1e"
      "4two");
  EXPECT_THAT(log.take(), ElementsAre("message:one", "closed:forced close"));
}

// --- closing ---

TEST_F(EngineSessionTest, ClosesAPendingPollWithTheClosePacket) {
  open_polling();
  poll();
  session->close("forced close", now);
  EXPECT_THAT(log.take(), ElementsAre("poll:1", "closed:forced close"));
}

TEST_F(EngineSessionTest, WaitsForAPollToCarryWhatWasSentAndTheClose) {
  open_polling();
  session->send(message_frame("last"));
  session->close("forced close", now);
  EXPECT_THAT(log.take(), ElementsAre("closed:forced close"));
  EXPECT_FALSE(session->ended());
  session->send(message_frame("too late"));
  poll();
  EXPECT_THAT(log.take(), ElementsAre("poll:4last\x1e"
                                      "1"));
  EXPECT_TRUE(session->ended());
}

TEST_F(EngineSessionTest, ClosesWithANoopWhenNothingWasSent) {
  open_polling();
  session->close("forced close", now);
  poll();
  EXPECT_THAT(log.take(), ElementsAre("closed:forced close",
                                      "poll:6\x1e"
                                      "1"));
}

TEST_F(EngineSessionTest, ForgetsAClosingSessionThatNeverPolls) {
  open_polling();
  session->close("forced close", now);
  pass(1999ms);
  EXPECT_FALSE(session->ended());
  pass(1ms);
  EXPECT_TRUE(session->ended());
  EXPECT_THAT(log.take(), ElementsAre("closed:forced close"));
}

TEST_F(EngineSessionTest, ClosesAWebSocketAfterWhatWasSent) {
  open_websocket();
  session->send(message_frame("last"));
  session->close("forced close", now);
  EXPECT_THAT(log.take(), ElementsAre("ws:4last", "ws closed", "closed:forced close"));
  session->websocket_closed();
  EXPECT_THAT(log.lines, IsEmpty());
}

TEST_F(EngineSessionTest, EndsWithItsWebSocket) {
  open_websocket();
  session->websocket_closed();
  EXPECT_THAT(log.take(), ElementsAre("closed:transport close"));
  EXPECT_TRUE(session->ended());
}

// --- WebSocket ---

TEST_F(EngineSessionTest, CarriesOnePacketPerMessage) {
  open_websocket();
  session->websocket_message("4text", false, now);
  session->websocket_message("\x01\x02", true, now);
  session->send(message_frame("back"));
  EXPECT_THAT(log.take(), ElementsAre("message:text", "binary:\x01\x02", "ws:4back"));
}

TEST_F(EngineSessionTest, EndsOnABadPacketOverAWebSocket) {
  open_websocket();
  session->websocket_message("abc", false, now);
  EXPECT_THAT(log.take(), ElementsAre("ws closed", "closed:parse error"));
}

// --- heartbeat ---

TEST_F(EngineSessionTest, PingsAndCountsOnPongs) {
  open_websocket();
  for (int round = 0; round < 3; ++round) {
    pass(300ms);
    EXPECT_THAT(log.take(), ElementsAre("ws:2"));
    pass(199ms);
    session->websocket_message("3", false, now);
  }
  EXPECT_TRUE(session->open());
}

TEST_F(EngineSessionTest, EndsWithoutAPong) {
  open_websocket();
  pass(499ms);
  EXPECT_THAT(log.take(), ElementsAre("ws:2"));
  pass(1ms);
  EXPECT_THAT(log.take(), ElementsAre("ws closed", "closed:ping timeout"));
}

TEST_F(EngineSessionTest, TakesAnythingFromTheClientForASignOfLife) {
  open_websocket();
  pass(300ms);
  for (int chunk = 0; chunk < 5; ++chunk) {
    pass(150ms);
    session->websocket_message("4upload", false, now);
  }
  EXPECT_TRUE(session->open());
  pass(200ms);
  EXPECT_FALSE(session->open());
}

TEST_F(EngineSessionTest, NoticesAPassedDeadlineWhenAPollArrivesBeforeTheTimer) {
  open_polling();
  pass(300ms);
  now += 200ms;  // no timer came
  EXPECT_EQ(session->poll(now), Poll::gone);
  EXPECT_THAT(log.take(), ElementsAre("closed:ping timeout"));
}

TEST_F(EngineSessionTest, DoesNotBlameTheClientWhenItWasHeldUpItself) {
  open_websocket();
  now += 5s;  // the process stood still
  session->tick(now);
  EXPECT_THAT(log.take(), ElementsAre("ws:2"));
  EXPECT_EQ(session->next_deadline(), now + 200ms);
}

// --- upgrade ---

TEST_F(EngineSessionTest, MovesToTheWebSocket) {
  open_polling();
  poll();
  EXPECT_TRUE(session->probe_begin(now));
  probe("2probe");
  EXPECT_THAT(log.take(), ElementsAre("probe:3probe", "poll:6"));
  session->send(message_frame("kept"));
  probe("5");
  EXPECT_THAT(log.take(), ElementsAre("adopted", "ws:4kept"));
  session->websocket_message("4hello", false, now);
  EXPECT_THAT(log.take(), ElementsAre("message:hello"));
  EXPECT_EQ(session->poll(now), Poll::mismatch);
  EXPECT_EQ(session->post("4x", false, now), Post::mismatch);
  EXPECT_FALSE(session->probe_begin(now));
}

TEST_F(EngineSessionTest, EndsPollsThatComeDuringTheUpgradeWithinATenthOfASecond) {
  open_polling();
  EXPECT_TRUE(session->probe_begin(now));
  probe("2probe");
  log.take();
  poll();
  pass(100ms);
  EXPECT_THAT(log.take(), ElementsAre("poll:6"));
  poll();
  pass(99ms);
  EXPECT_THAT(log.lines, IsEmpty());
  pass(1ms);
  EXPECT_THAT(log.take(), ElementsAre("poll:6"));
}

TEST_F(EngineSessionTest, SendsNothingOverTheProbeBeforeTheUpgrade) {
  open_polling();
  EXPECT_TRUE(session->probe_begin(now));
  probe("2probe");
  session->send(message_frame("a"));
  EXPECT_THAT(log.take(), ElementsAre("probe:3probe"));
  poll();
  EXPECT_THAT(log.take(), ElementsAre("poll:4a"));
}

TEST_F(EngineSessionTest, GivesUpAProbeThatSaysAnythingElse) {
  for (const char* word : {"4hello", "2", "2other", "abc", "", "3"}) {
    open_polling();
    EXPECT_TRUE(session->probe_begin(now));
    probe(word);
    EXPECT_THAT(log.take(), ElementsAre("probe closed")) << word;
    EXPECT_TRUE(session->open());
    EXPECT_TRUE(session->probe_begin(now)) << "another may try";
    session->probe_message("\x01", true, now);
    EXPECT_THAT(log.take(), ElementsAre("probe closed"));
  }
}

TEST_F(EngineSessionTest, WantsOneProbeAtATime) {
  open_polling();
  EXPECT_TRUE(session->probe_begin(now));
  EXPECT_FALSE(session->probe_begin(now));
  session->probe_closed();
  EXPECT_TRUE(session->probe_begin(now));
}

TEST_F(EngineSessionTest, GivesUpAProbeThatTakesTooLong) {
  open_polling();
  EXPECT_TRUE(session->probe_begin(now));
  probe("2probe");
  log.take();
  for (int i = 0; i < 4; ++i) {
    pass(249ms);
    post("3");
  }
  EXPECT_THAT(log.lines, testing::Not(testing::Contains("probe closed")));
  pass(4ms);
  EXPECT_THAT(log.lines, testing::Contains("probe closed"));
  EXPECT_TRUE(session->open());
}

TEST_F(EngineSessionTest, ClosesTheProbeWithTheSession) {
  open_polling();
  EXPECT_TRUE(session->probe_begin(now));
  post("1");
  EXPECT_THAT(log.take(), ElementsAre("probe closed", "closed:transport close"));
  probe("5");
  EXPECT_THAT(log.lines, IsEmpty());
}

TEST_F(EngineSessionTest, FinishesAnUpgradeThatIsUnderWayBeforeItCloses) {
  open_polling();
  EXPECT_TRUE(session->probe_begin(now));
  probe("2probe");
  session->send(message_frame("last"));
  session->close("forced close", now);
  probe("5");
  EXPECT_THAT(log.take(), ElementsAre("probe:3probe", "closed:forced close", "adopted", "ws:4last", "ws closed"));
  EXPECT_TRUE(session->ended());
}

// --- revision 3 ---

TEST_F(EngineSessionTest, AnswersThePingsOfARevision3Client) {
  open(Session::Transport::polling, 3);
  EXPECT_THAT(first, ElementsAre(testing::StartsWith(R"(poll:97:0{"sid":"SID")")));
  post("1:2");
  poll();
  EXPECT_THAT(log.take(), ElementsAre("poll:1:3"));
  pass(499ms);
  EXPECT_TRUE(session->open());
  poll();
  pass(500ms);
  EXPECT_THAT(log.take(), ElementsAre("poll:1:1", "closed:ping timeout"));
}

TEST_F(EngineSessionTest, TakesNoPongFromARevision3Client) {
  open(Session::Transport::websocket, 3);
  session->websocket_message("3", false, now);
  EXPECT_THAT(log.take(), ElementsAre("ws closed", "closed:transport error"));
}

TEST_F(EngineSessionTest, LetsARevision3ClientSettleBeforeItSpeaksOverAWebSocket) {
  EngineSessionOptions options;
  options.revision = 3;
  session = std::make_unique<Session>("SID", Session::Transport::websocket, options, log, now);
  session->start();
  session->send(message_frame("a"));
  pass(9ms);
  EXPECT_THAT(log.take(), IsEmpty());
  pass(1ms);
  EXPECT_THAT(log.take(), ElementsAre(testing::StartsWith("ws:0{"), "ws:4a"));
}

TEST_F(EngineSessionTest, SpeaksThePayloadsOfRevision3) {
  open(Session::Transport::polling, 3);
  post("6:4hello10:b4AQIDBA==");
  EXPECT_THAT(log.take(), ElementsAre("message:hello", "binary:\x01\x02\x03\x04"));
  session->send(message_frame("a"));
  session->send(binary_frame(std::make_shared<const std::string>("\x01")));
  poll();
  EXPECT_THAT(log.take(), ElementsAre(testing::StartsWith("binary poll:")));
}

TEST_F(EngineSessionTest, SpeaksTheMessagesOfRevision3) {
  open(Session::Transport::websocket, 3);
  session->websocket_message("\x04\x01", true, now);
  session->send(binary_frame(std::make_shared<const std::string>("\x02")));
  EXPECT_THAT(log.take(), ElementsAre("binary:\x01", "ws:\x04\x02"));
  session->websocket_message("abc", false, now);
  EXPECT_THAT(log.take(), ElementsAre("ws closed", "closed:parse error"));
}

TEST_F(EngineSessionTest, TakesOctetsInPollingFromRevision3Only) {
  open(Session::Transport::polling, 3);
  using std::string_literals::operator""s;
  EXPECT_EQ(session->post("\x01\x02\xff\x04\x01"s, true, now), Post::ok);
  EXPECT_THAT(log.take(), ElementsAre("binary:\x01"));
  open(Session::Transport::polling, 4);
  EXPECT_EQ(session->post("4a", true, now), Post::malformed);
  EXPECT_THAT(log.take(), ElementsAre("closed:transport error"));
}

TEST_F(EngineSessionTest, EndsAPollThatIsStillPendingAtTheUpgrade) {
  open_polling();
  EXPECT_TRUE(session->probe_begin(now));
  poll();
  probe("5");
  EXPECT_THAT(log.take(), ElementsAre("poll:6", "adopted"));
}

}  // namespace
}  // namespace taskgate::sio
