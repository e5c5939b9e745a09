#include "net/socketio_rooms.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace taskgate::net {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

class Member final : public RoomMember {
 public:
  explicit Member(std::string id) : id_(std::move(id)) {}
  [[nodiscard]] const std::string& room_of_its_own() const override { return id_; }

 private:
  std::string id_;
};

class RoomDirectoryTest : public testing::Test {
 protected:
  RoomDirectoryTest() {
    for (Member* member : {&a, &b, &c}) directory.add(*member);
  }
  Member a{"a"}, b{"b"}, c{"c"};
  RoomDirectory directory;
};

TEST_F(RoomDirectoryTest, SelectsTheUnionOfRoomsOnce) {
  directory.join(a, "x", 10);
  directory.join(b, "x", 10);
  directory.join(b, "y", 10);
  EXPECT_THAT(directory.select({"x"}, {}), UnorderedElementsAre(&a, &b));
  EXPECT_THAT(directory.select({"x", "y", "b"}, {}), UnorderedElementsAre(&a, &b));
  EXPECT_THAT(directory.select({"x", "c"}, {"a"}), UnorderedElementsAre(&b, &c));
  EXPECT_THAT(directory.select({}, {"x"}), ElementsAre(&c));
  EXPECT_THAT(directory.select({"nowhere"}, {}), IsEmpty());
  EXPECT_EQ(directory.select({}, {}).size(), 3U);
}

TEST_F(RoomDirectoryTest, KeepsOthersWhenOneLeaves) {
  for (Member* member : {&a, &b, &c}) directory.join(*member, "x", 10);
  directory.leave(a, "x");
  directory.leave(a, "x");
  EXPECT_THAT(directory.select({"x"}, {}), UnorderedElementsAre(&b, &c));
  directory.leave(c, "x");
  directory.leave(b, "x");
  EXPECT_EQ(directory.rooms(), 0U);
}

TEST_F(RoomDirectoryTest, ForgetsAMemberWithItsRooms) {
  directory.join(a, "x", 10);
  directory.join(a, "y", 10);
  directory.join(b, "y", 10);
  directory.remove(a);
  EXPECT_EQ(directory.size(), 2U);
  EXPECT_EQ(directory.rooms(), 1U);
  EXPECT_THAT(directory.select({"a", "y"}, {}), ElementsAre(&b));
}

TEST_F(RoomDirectoryTest, BoundsRoomsPerMember) {
  EXPECT_TRUE(directory.join(a, "1", 2));
  EXPECT_TRUE(directory.join(a, "2", 2));
  EXPECT_FALSE(directory.join(a, "3", 2));
  EXPECT_TRUE(directory.join(a, "2", 2));  // is in it already
  EXPECT_TRUE(directory.join(a, "a", 2));  // always is
  EXPECT_THAT(directory.rooms_of(a), UnorderedElementsAre("a", "1", "2"));
  directory.leave(a, "1");
  EXPECT_TRUE(directory.join(a, "3", 2));
  EXPECT_FALSE(directory.is_in(a, "1"));
}

}  // namespace
}  // namespace taskgate::net
