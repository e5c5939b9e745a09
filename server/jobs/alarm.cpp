#include "jobs/alarm.h"

#include <boost/asio/as_tuple.hpp>
#include <utility>

namespace taskgate::jobs {

Awaitable<bool> Alarm::wait(std::optional<std::chrono::milliseconds> at_most) {
  if (!rung_) {
    arm(at_most);
    const auto without_exceptions = boost::asio::as_tuple(boost::asio::use_awaitable);
    co_await timer_.async_wait(without_exceptions);
  }
  co_return std::exchange(rung_, false);
}

void Alarm::ring() {
  rung_ = true;
  timer_.cancel();
}

void Alarm::arm(std::optional<std::chrono::milliseconds> at_most) {
  if (at_most) {
    timer_.expires_after(*at_most);
  } else {
    timer_.expires_at(boost::asio::steady_timer::time_point::max());
  }
}

std::shared_ptr<Alarm> AlarmSource::make_alarm(const boost::asio::any_io_executor& loop) {
  return std::make_shared<Alarm>(loop);
}

}  // namespace taskgate::jobs
