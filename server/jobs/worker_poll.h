#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/post.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "jobs/alarm.h"
#include "jobs/job_store.h"

namespace taskgate::jobs {

// One long poll of a worker. The handler makes it and tells it when the client has gone away; everything else belongs
// to WorkerService. What the waiting room keeps in it is guarded by the room's owner.
class WorkerPoll {
 public:
  // The client is gone: nobody will read the answer. On the poll's loop.
  void abandon() {
    gone_ = true;
    if (alarm_) alarm_->ring();
  }
  [[nodiscard]] bool gone() const { return gone_; }

  // On its loop, before it enters the room.
  void begin(boost::asio::any_io_executor loop, std::shared_ptr<Alarm> alarm) {
    loop_ = std::move(loop);
    alarm_ = std::move(alarm);
  }
  Awaitable<bool> wait(std::optional<std::chrono::milliseconds> at_most) { return alarm_->wait(at_most); }
  // From any thread.
  void ring() const {
    boost::asio::post(loop_, [alarm = alarm_] { alarm->ring(); });
  }

 private:
  friend class WaitingRoom;

  bool gone_ = false;
  boost::asio::any_io_executor loop_;
  std::shared_ptr<Alarm> alarm_;

  enum class State { outside, claiming, resting };
  State state_ = State::outside;
  std::uint64_t ticket_ = 0;   // rises with each poll that begins to rest: the lowest has waited longest
  bool woken_ = false;         // for something it has not looked for yet
  bool missed_ = false;        // something came while it was claiming
  bool passes_on_ = false;     // was woken without knowing for how many jobs: another looks after it
  std::optional<Time> keeps_;  // it goes by itself at that time, for all of its group
};

}  // namespace taskgate::jobs
