#pragma once

#include <boost/asio/io_context.hpp>
#include <map>

#include "base/clock.h"
#include "jobs/alarm.h"

namespace taskgate::jobs {

// Alarms for tests: their time is a ManualClock's and passes only in run_for, so that hours take no time and nothing
// depends on how fast the machine is. Single-threaded; must outlive the loop its alarms live on.
class ManualAlarms final : public AlarmSource {
 public:
  explicit ManualAlarms(ManualClock& clock) : clock_(clock) {}

  std::shared_ptr<Alarm> make_alarm(const boost::asio::any_io_executor& loop) override {
    return std::make_shared<ManualAlarm>(loop, *this);
  }

  // Runs the loop until nothing is left to do at the present moment.
  static void run_ready(boost::asio::io_context& loop) {
    loop.restart();
    while (loop.poll() > 0) {
    }
  }

  // Lets so much time pass: every alarm due until then goes off at its very moment, and the loop runs after each.
  void run_for(boost::asio::io_context& loop, std::chrono::milliseconds duration) {
    const Time end = clock_.now() + duration;
    run_ready(loop);
    while (!due_.empty() && due_.begin()->first <= end) {
      const auto [moment, alarm] = *due_.begin();
      due_.erase(due_.begin());
      if (moment > clock_.now()) clock_.set(moment);
      alarm->go_off();
      run_ready(loop);
    }
    clock_.set(end);
    run_ready(loop);
  }

 private:
  class ManualAlarm final : public Alarm {
   public:
    ManualAlarm(const boost::asio::any_io_executor& loop, ManualAlarms& source) : Alarm(loop), source_(source) {}
    ~ManualAlarm() override { disarm(); }
    void go_off() { timer_.cancel(); }

   protected:
    void arm(std::optional<std::chrono::milliseconds> at_most) override {
      disarm();
      if (at_most && at_most->count() <= 0) return Alarm::arm(std::chrono::milliseconds{0});
      Alarm::arm(std::nullopt);
      if (at_most) source_.due_.emplace(source_.clock_.now() + *at_most, this);
    }

   private:
    void disarm() {
      std::erase_if(source_.due_, [this](const auto& each) { return each.second == this; });
    }
    ManualAlarms& source_;
  };

  ManualClock& clock_;
  std::multimap<Time, ManualAlarm*> due_;
};

}  // namespace taskgate::jobs
