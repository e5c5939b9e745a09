#include "rooms/room_service.h"

#include <gtest/gtest.h>

namespace taskgate::rooms {
namespace {

class RoomServiceTest : public testing::Test {
 protected:
  IdGenerator ids;
  ManualClock clock;
  RoomService open{ids, clock, {}};
  RoomService members_only{ids, clock, {.allow_guests = false}};
  std::optional<Principal> guest;
  std::optional<Principal> member = Principal{ids.next_user_id(clock.now()), "ada@example.com", Role::user, {}, {}};
};

TEST_F(RoomServiceTest, LetsMembersAndGuestsIntoPublicRooms) {
  EXPECT_TRUE(open.may_join(member, "general"));
  EXPECT_TRUE(open.may_join(guest, "général 🎉"));
}

TEST_F(RoomServiceTest, KeepsGuestsOutWhereTheyAreNotAllowed) {
  EXPECT_TRUE(members_only.may_join(member, "general"));
  EXPECT_EQ(members_only.may_join(guest, "general").error().reason, "guests_not_allowed");
  EXPECT_EQ(members_only.compose(guest, "general", "hello", true).error().reason, "guests_not_allowed");
}

TEST_F(RoomServiceTest, KeepsTheServersRoomsToItself) {
  for (const auto* name : {"user:1", "job:2", "admin:stats", "session:3"}) {
    EXPECT_EQ(open.may_join(member, name).error().reason, "reserved_room") << name;
    EXPECT_EQ(open.compose(member, name, "hello", true).error().reason, "reserved_room") << name;
  }
}

TEST_F(RoomServiceTest, RefusesNamesThatAreEmptyTooLongOrNotPrintable) {
  EXPECT_EQ(open.may_join(member, "").error().fields.at(0).field, "roomId");
  EXPECT_TRUE(open.may_join(member, std::string(128, 'r')));
  EXPECT_FALSE(open.may_join(member, std::string(129, 'r')));
  EXPECT_FALSE(open.may_join(member, "two\nlines"));
}

TEST_F(RoomServiceTest, CountsCharactersOfANameNotItsBytes) {
  std::string name;
  for (int i = 0; i < 128; ++i) name += "é";
  EXPECT_TRUE(open.may_join(member, name));
  EXPECT_FALSE(open.may_join(member, name + "é"));
}

TEST_F(RoomServiceTest, SendsOnlyForMembersOfTheRoom) {
  const auto sent = open.compose(member, "general", "hello", true);
  ASSERT_TRUE(sent);
  EXPECT_EQ(sent->message, "hello");
  EXPECT_EQ(sent->user_id, member->user_id);
  EXPECT_EQ(sent->at, clock.now());
  EXPECT_EQ(open.compose(member, "general", "hello", false).error().reason, "not_joined");
}

TEST_F(RoomServiceTest, BoundsMessages) {
  EXPECT_TRUE(open.compose(member, "general", std::string(8192, 'm'), true));
  EXPECT_EQ(open.compose(member, "general", std::string(8193, 'm'), true).error().fields.at(0).field, "message");
  EXPECT_EQ(open.compose(member, "general", "", true).error().fields.at(0).message, "Message is required");
}

TEST_F(RoomServiceTest, GivesMessagesIdsThatRise) {
  const auto first = open.compose(member, "general", "1", true);
  const auto second = open.compose(member, "general", "2", true);
  EXPECT_LT(first->id, second->id);
  EXPECT_EQ(first->id.size(), 16U);
}

}  // namespace
}  // namespace taskgate::rooms
