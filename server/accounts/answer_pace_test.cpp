#include "accounts/answer_pace.h"

#include <gtest/gtest.h>

namespace taskgate::accounts {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

TEST(AnswerPace, LeavesAtWholePacesSinceTheBeginning) {
  constexpr milliseconds pace{20};
  for (const milliseconds gone : {milliseconds{0}, milliseconds{5}, milliseconds{47}}) {
    const auto begun = steady_clock::now() - gone;
    run_to_completion(keep_pace(begun, pace));
    EXPECT_GE(steady_clock::now() - begun, (gone / pace + 1) * pace);
  }
}

TEST(AnswerPace, OfZeroWaitsForNothing) {
  const auto begun = steady_clock::now() + std::chrono::hours{1};
  run_to_completion(keep_pace(begun, milliseconds{0}));
  EXPECT_LT(steady_clock::now(), begun);
}

}  // namespace
}  // namespace taskgate::accounts
