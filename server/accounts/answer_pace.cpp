#include "accounts/answer_pace.h"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace taskgate::accounts {

Awaitable<void> keep_pace(std::chrono::steady_clock::time_point begun, std::chrono::milliseconds pace) {
  if (pace.count() <= 0) co_return;
  const auto paces = (std::chrono::steady_clock::now() - begun) / pace + 1;
  const auto executor = co_await boost::asio::this_coro::executor;
  boost::asio::steady_timer timer(executor, begun + paces * pace);
  boost::system::error_code interrupted;
  co_await timer.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, interrupted));
}

}  // namespace taskgate::accounts
