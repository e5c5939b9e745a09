#include "store/sqlite/waiting_jobs.h"

#include <algorithm>

namespace taskgate::sqlite {

void WaitingJobs::add(std::string_view type, Time due, JobId id) {
  auto group = groups_.find(type);
  if (group == groups_.end()) {
    group = groups_.try_emplace(std::string(type)).first;
  } else {
    remove_head(*group);
  }
  group->second.emplace(due, id);
  add_head(*group);
}

void WaitingJobs::remove(Groups::iterator group, std::set<Moment>::iterator moment) {
  remove_head(*group);
  group->second.erase(moment);
  if (group->second.empty()) {
    groups_.erase(group);
  } else {
    add_head(*group);
  }
}

bool WaitingJobs::remove(std::string_view type, Time due, JobId id) {
  const auto group = groups_.find(type);
  if (group == groups_.end()) return false;
  const auto moment = group->second.find({due, id});
  if (moment == group->second.end()) return false;
  remove(group, moment);
  return true;
}

std::optional<JobId> WaitingJobs::take_due(Time now) {
  if (heads_.empty() || heads_.begin()->first.first > now) return std::nullopt;
  const JobId id = heads_.begin()->first.second;
  const auto group = groups_.find(*heads_.begin()->second);
  remove(group, group->second.begin());
  return id;
}

std::optional<Time> WaitingJobs::next_due(const jobs::TypeSelection& types) const {
  const auto named = [&types](const std::string& type) {
    return std::find(types.types.begin(), types.types.end(), type) != types.types.end();
  };
  if (types.all_but) {
    const auto head =
        std::find_if(heads_.begin(), heads_.end(), [&](const Head& each) { return !named(*each.second); });
    return head == heads_.end() ? std::nullopt : std::optional{head->first.first};
  }
  std::optional<Time> earliest;
  for (const auto& type : types.types) {
    const auto group = groups_.find(type);
    if (group == groups_.end()) continue;
    const Time due = group->second.begin()->first;
    if (!earliest || due < *earliest) earliest = due;
  }
  return earliest;
}

void WaitingJobs::clear() {
  heads_.clear();
  groups_.clear();
}

}  // namespace taskgate::sqlite
