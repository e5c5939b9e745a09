#include "net/address_counter.h"

#include <gtest/gtest.h>

namespace taskgate::net {
namespace {

AddressCounter::Client client(const char* address) {
  return AddressCounter::client_of(boost::asio::ip::make_address(address));
}

TEST(AddressCounter, TellsClientsApart) {
  EXPECT_NE(client("203.0.113.1"), client("203.0.113.2"));
  EXPECT_EQ(client("203.0.113.1"), client("::ffff:203.0.113.1"));
  EXPECT_EQ(client("2001:db8:1:2::1"), client("2001:db8:1:2:ffff::9")) << "one network of 64 bits is one client";
  EXPECT_NE(client("2001:db8:1:2::1"), client("2001:db8:1:3::1"));
  EXPECT_NE(client("::1"), client("127.0.0.1"));
  EXPECT_NE(client("::1"), client("0.0.0.0"));
}

TEST(AddressCounter, CountsAndForgets) {
  AddressCounter counter;
  const auto one = client("203.0.113.1");
  const auto other = client("203.0.113.2");
  EXPECT_EQ(counter.enter(one), 1U);
  EXPECT_EQ(counter.enter(one), 2U);
  EXPECT_EQ(counter.enter(other), 1U);
  counter.leave(one);
  EXPECT_EQ(counter.enter(one), 2U);
  counter.leave(other);
  EXPECT_EQ(counter.clients(), 1U);
  counter.leave(one);
  counter.leave(one);
  EXPECT_EQ(counter.clients(), 0U);
}

}  // namespace
}  // namespace taskgate::net
