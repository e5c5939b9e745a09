#include "jobs/job_waits.h"

#include <algorithm>
#include <atomic>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

namespace taskgate::jobs {
namespace {

using std::chrono::milliseconds;

Error too_many_waits() {
  return {ErrorCode::too_many_requests,
          "too_many_waits",
          "Too many requests of yours wait for jobs; wait for fewer at once, or watch them over Socket.IO",
          {},
          milliseconds{1'000}};
}

}  // namespace

// Who waits for which job.
class JobWaits::Room {
 public:
  using Alarms = std::multimap<JobId, std::pair<boost::asio::any_io_executor, std::shared_ptr<Alarm>>>;

  // Nothing when the user has too many.
  std::optional<Alarms::iterator> enter(const UserId& user, JobId id, boost::asio::any_io_executor loop,
                                        std::shared_ptr<Alarm> alarm) {
    const std::lock_guard lock(mutex_);
    std::size_t& waiting = by_user_[user];
    if (waiting >= waits_per_user_max) return std::nullopt;
    ++waiting;
    const auto place = alarms_.emplace(id, std::pair{std::move(loop), std::move(alarm)});
    occupied_ = true;
    return place;
  }
  void leave(const UserId& user, Alarms::iterator place) {
    const std::lock_guard lock(mutex_);
    alarms_.erase(place);
    occupied_ = !alarms_.empty();
    const auto mine = by_user_.find(user);
    if (--mine->second == 0) by_user_.erase(mine);
  }

  void job_changed(const Job& job) {
    if (!occupied_ || !is_finished(job.status)) return;
    const std::lock_guard lock(mutex_);
    const auto [begin, end] = alarms_.equal_range(job.id);
    for (auto each = begin; each != end; ++each) ring(each->second);
  }
  void drain() {
    draining_ = true;
    const std::lock_guard lock(mutex_);
    for (const auto& [id, waiting] : alarms_) ring(waiting);
  }
  [[nodiscard]] bool draining() const { return draining_; }

 private:
  static void ring(const Alarms::mapped_type& waiting) {
    boost::asio::post(waiting.first, [alarm = waiting.second] { alarm->ring(); });
  }

  std::mutex mutex_;
  Alarms alarms_;
  std::map<UserId, std::size_t> by_user_;
  std::atomic<bool> occupied_{false};  // most changes concern nobody here
  std::atomic<bool> draining_{false};
};

// A place in the room until the wait has ended, however it does.
class JobWaits::Place {
 public:
  Place(std::shared_ptr<Room> room, UserId user, Room::Alarms::iterator at)
      : room_(std::move(room)), user_(user), at_(at) {}
  ~Place() { room_->leave(user_, at_); }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

 private:
  std::shared_ptr<Room> room_;
  UserId user_;
  Room::Alarms::iterator at_;
};

JobWaits::JobWaits(JobService& jobs, const Clock& clock, std::shared_ptr<AlarmSource> alarms)
    : jobs_(jobs),
      clock_(clock),
      alarms_(alarms ? std::move(alarms) : std::make_shared<AlarmSource>()),
      room_(std::make_shared<Room>()) {
  jobs_.job_changed.connect([room = room_](const Job& job) { room->job_changed(job); });
}

JobWaits::~JobWaits() = default;

Awaitable<Result<Job>> JobWaits::wait(Principal caller, JobId id, milliseconds at_most, std::shared_ptr<JobWait> wait) {
  if (at_most.count() < 0 || at_most > wait_longest) {
    co_return validation_failed("waitMs", "waitMs must be a whole number between 0 and 30000");
  }
  const auto loop = co_await boost::asio::this_coro::executor;
  wait->loop_ = loop;
  wait->alarm_ = alarms_->make_alarm(loop);
  const auto seat = room_->enter(caller.user_id, id, loop, wait->alarm_);
  if (!seat) co_return too_many_waits();
  const Place place(room_, caller.user_id, *seat);

  const Time until = clock_.now() + at_most;
  // After entering, so that an end in between is heard of.
  auto job = co_await jobs_.get(caller, id);
  while (job && !is_finished(job->status) && !wait->gone_ && !room_->draining()) {
    const auto left = std::clamp<milliseconds>(until - clock_.now(), milliseconds{0}, at_most);
    if (left.count() == 0) break;
    co_await wait->alarm_->wait(left);
    if (!wait->gone_) job = co_await jobs_.get(caller, id);
  }
  co_return job;
}

void JobWaits::drain() { room_->drain(); }

}  // namespace taskgate::jobs
