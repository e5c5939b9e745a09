#include "app/closest_name.h"

#include <gtest/gtest.h>

namespace taskgate::app {
namespace {

TEST(ClosestName, FindsWhatWasMeant) {
  const std::vector<std::string> names{"PORT", "HOST", "RATE_LIMITS", "JWT_SECRET", "EMAIL_PASS"};
  EXPECT_EQ(closest_name("RATE_LIMIT", names), "RATE_LIMITS");
  EXPECT_EQ(closest_name("jwt_secret", names), "JWT_SECRET");
  EXPECT_EQ(closest_name("EMAIL_PASSWD", names), "EMAIL_PASS");
  EXPECT_EQ(closest_name("PROT", names), std::nullopt) << "two letters of four are another word";
  EXPECT_EQ(closest_name("PORTS", names), "PORT");
  EXPECT_EQ(closest_name("POSTGRES_URL", names), std::nullopt);
  EXPECT_EQ(closest_name("", names), std::nullopt);
}

}  // namespace
}  // namespace taskgate::app
