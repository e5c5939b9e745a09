#pragma once

#include <string>
#include <vector>

#include "app/config.h"

namespace taskgate::app {

// `taskgate jobs …`, see docs/operating.md. Each gives the exit code; throws std::runtime_error with a sentence for the
// operator.

struct JobListArguments {
  std::string status;  // these may be empty
  std::string type;
  std::string text;
  std::string user;  // mail address
  std::string before;
  std::size_t limit = 50;
};

// Where changes go while a server runs on the folder: it holds the queue in memory, so nobody else may change jobs.
struct ServerAddress {
  std::string url;  // empty: to the folder itself, which no server may be running on
  std::string key;  // API key with the scope jobs:write
};

int list_jobs_command(const Config& config, const JobListArguments& arguments);
int show_job_command(const Config& config, const std::string& id);
// One line for each id; 0 when all of them were cancelled.
int cancel_jobs_command(const Config& config, const std::vector<std::string>& ids, const ServerAddress& server);
int retry_jobs_command(const Config& config, const std::vector<std::string>& ids, const ServerAddress& server);

}  // namespace taskgate::app
