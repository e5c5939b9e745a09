#pragma once

#include <string>
#include <vector>

#include "jobs/queue_control.h"
#include "jobs/start_bucket.h"
#include "store/sqlite/database.h"

namespace taskgate::sqlite {

struct TypeControlRow {
  std::string type;
  jobs::TypeControl control;
  std::optional<jobs::StartBucket::Level> level;  // of the rate
};

// The writer's statements on controls. A control that says nothing but the defaults has no row. All throw
// DatabaseError.
class ControlRows {
 public:
  explicit ControlRows(Database& database) : database_(database) {}

  // `same_rate`: the level that is kept stays.
  void store_type(const std::string& type, const jobs::TypeControl& control, bool same_rate);
  void store_level(const std::string& type, const jobs::StartBucket::Level& level);
  void store_queue(const std::string& queue, const jobs::QueueControl& control);
  void store_user(const UserId& user, const jobs::UserControl& control);
  [[nodiscard]] std::vector<TypeControlRow> types();
  [[nodiscard]] std::vector<std::pair<std::string, jobs::QueueControl>> queues();
  [[nodiscard]] std::vector<std::pair<UserId, jobs::UserControl>> users();

 private:
  Database& database_;
};

}  // namespace taskgate::sqlite
