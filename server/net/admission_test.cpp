#include "net/admission.h"

#include <gtest/gtest.h>

namespace taskgate::net {
namespace {

using namespace std::chrono_literals;
const sio::Moment start{};

TEST(HandshakeGate, AdmitsABurstThenTheRateOfAll) {
  HandshakeGate gate({.per_second = 10, .burst = 3}, start);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(gate.admit("192.0.2.1", start));
  EXPECT_FALSE(gate.admit("192.0.2.2", start));
  EXPECT_TRUE(gate.admit("192.0.2.2", start + 100ms));
  EXPECT_FALSE(gate.admit("192.0.2.2", start + 100ms));
}

TEST(HandshakeGate, RefusesOneAddressBeforeItHasTakenEverybodysShare) {
  HandshakeGate gate({.per_second = 10, .burst = 10, .per_address_per_second = 1, .per_address_burst = 2}, start);
  for (int i = 0; i < 1'000; ++i) EXPECT_EQ(gate.admit("2001:db8::1", start), i < 2);
  EXPECT_FALSE(gate.admit("2001:db8::ffff", start)) << "the same network of 64 bits";
  for (int i = 0; i < 8; ++i) EXPECT_TRUE(gate.admit("192.0.2." + std::to_string(i / 2), start));
  EXPECT_FALSE(gate.admit("192.0.2.200", start)) << "now the burst of all is gone";
}

TEST(HandshakeGate, WithoutRatesRefusesNobodyAndRemembersNobody) {
  HandshakeGate gate({}, start);
  for (int i = 0; i < 10'000; ++i) EXPECT_TRUE(gate.admit("192.0.2.1", start));
  EXPECT_EQ(gate.addresses(), 0U);
}

TEST(HandshakeGate, ForgetsAddressesThatHaveBeenQuiet) {
  HandshakeGate gate({.per_address_per_second = 1, .per_address_burst = 2}, start);
  for (int i = 0; i < 100'000; ++i) {
    const auto address =
        "10." + std::to_string(i >> 16) + "." + std::to_string(i >> 8 & 255) + "." + std::to_string(i & 255);
    EXPECT_TRUE(gate.admit(address, start + std::chrono::milliseconds(i)));
  }
  EXPECT_LT(gate.addresses(), 10'000U);
}

TEST(AccountBudgets, CountSocketsAsLongAsTheyLive) {
  AccountBudgets budgets({.sockets_max = 2});
  auto first = budgets.enter("alice", start);
  auto second = budgets.enter("alice", start);
  ASSERT_TRUE(first && second);
  EXPECT_FALSE(budgets.enter("alice", start));
  EXPECT_TRUE(budgets.enter("bob", start));
  second = AccountPlace(std::move(*first));  // one goes, the other moves
  EXPECT_TRUE(budgets.enter("alice", start));
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(budgets.enter("", start));
}

TEST(AccountBudgets, ForgetAccountsWithoutSocketsOnceTheirBudgetIsFull) {
  AccountBudgets budgets({.events_per_second = 1, .events_burst = 2});
  auto busy = budgets.enter("busy", start);
  for (int i = 0; i < 10'000; ++i) {
    const auto now = start + std::chrono::milliseconds(10 * i);
    auto place = budgets.enter("user " + std::to_string(i), now);
    EXPECT_TRUE(place->take_event(now));
  }
  EXPECT_LT(budgets.accounts(), 2'500U);
  EXPECT_TRUE(busy->take_event(start));
  EXPECT_TRUE(busy->take_event(start));
  EXPECT_FALSE(budgets.enter("busy", start)->take_event(start)) << "the same budget";
}

}  // namespace
}  // namespace taskgate::net
